using System.Diagnostics;
using System.Globalization;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P24: the command on trees of many small files, against vmtouch and sync.</summary>
internal sealed class ManyFiles : Goal
{
    private const string Command = "concord", Peer = "sync -f and vmtouch -e", StatusPeer = "vmtouch";

    /// <summary>How many times as long as the peers the command may take.</summary>
    private const double BatchMax = 1.5, StatusMax = 1.2;

    private static readonly string[] Programs = [Command, "vmtouch", "sync"];

    public override string Name => "P24";

    public override string Title => "Purge, flush and look at trees of small files";

    public override string Target =>
        $"purge and flush ≤ {BatchMax.ToString(CultureInfo.InvariantCulture)} times {Peer}; status ≤ "
            + $"{StatusMax.ToString(CultureInfo.InvariantCulture)} times vmtouch";

    public override IEnumerable<string> Notes =>
    [
        "Trees of files of one page. All rivals are processes, whose start is in their time. The peer makes the file "
            + "system durable before it drops anything, as the command does; it does not look at what stayed.",
        "A flush leaves the pages where they are; it is compared with the same peer.",
    ];

    public override string? Missing(RunSettings settings)
    {
        if (SystemFile.UnsupportedReason is { } reason) return reason;
        string[] missing = [.. Programs.Where(static name => !InstalledProgram.Exists(name))];
        return missing.Length == 0
            ? null
            : $"not on the path: {string.Join(", ", missing)} (the native concord is made by `dotnet publish "
                + "src/Concord.Cli -c Release -p:PublishAot=true`; Debian, Ubuntu: apt-get install vmtouch)";
    }

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        int[] counts = settings.IsQuick ? [20_000] : [20_000, 100_000];
        foreach (int count in counts)
        {
            using var tree = new FileTree(settings.Folder, count);
            string files = $"{count.ToString("N0", CultureInfo.InvariantCulture)} files";
            yield return Compare($"status, {files}", tree, tree.BringIn, StatusPeer, StatusMax,
                () => InstalledProgram.Run(Command, "status", "--quiet", tree.Root),
                () => InstalledProgram.Run("vmtouch", "-q", tree.Root));
            yield return Batch("flush", $"flush, {files}, clean", tree, tree.BringIn);
            yield return Batch("purge", $"purge, {files}, clean", tree, tree.BringIn);
            yield return Batch("purge", $"purge, {files}, just written", tree, tree.Write);
        }
    }

    private static Comparison Batch(string command, string title, FileTree tree, Action prepare) =>
        Compare(title, tree, prepare, Peer, BatchMax,
            () => InstalledProgram.Run(Command, command, "--quiet", tree.Root),
            () =>
            {
                InstalledProgram.Run("sync", "-f", tree.Root);
                InstalledProgram.Run("vmtouch", "-q", "-e", tree.Root);
            });

    private static Comparison Compare(
        string title, FileTree tree, Action prepare, string peer, double timesMax, Action command, Action rival) => new(
        title,
        tree.Bytes,
        [new Rival($"{Command} {title.Split(',')[0]}", prepare, () => Time(command)),
            new Rival(peer, prepare, () => Time(rival))],
        Reference: peer,
        [new SpeedDemand($"{Command} {title.Split(',')[0]}", peer, 1 / timesMax)]);

    private static Slice Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
    }
}
