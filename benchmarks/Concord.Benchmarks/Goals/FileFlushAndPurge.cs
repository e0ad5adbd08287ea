using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// The coherent flush and purge of a file in the operating system's cache, against what programs call today.
/// </summary>
internal sealed class FileFlushAndPurge : Goal
{
    private const string Concord = "Concord FlushAndPurge", Peer = "fdatasync + fadvise",
        PeerProcess = "fdatasync + vmtouch -e";

    /// <summary>Both wait for the same disk; the rest is what the purge itself costs.</summary>
    private const double SpeedMin = 0.9;

    private const long FileBytes = 128 * Sizes.MiB, FileBytesQuick = 32 * Sizes.MiB;

    public override string Name => "SystemFile";

    public override string Title => "Flush and purge a dirty file of the operating system's cache";

    public override string Target =>
        $"not mapped: ≥ {SpeedMin} of fdatasync + posix_fadvise(DONTNEED), no page left; mapped: no page left; always: "
            + "says truly what stayed";

    public override IEnumerable<string> Notes =>
    [
        $"A file of {Sizes.Bytes(FileBytes)} ({Sizes.Bytes(FileBytesQuick)} in a quick run), every page of it just "
            + "written, and where it is mapped, every page of the mapping touched.",
        "\"Left\" counts the pages the kernel still has after the call, asked of the kernel itself; \"says\" is what "
            + "the rival said. posix_fadvise returned success each time, which says none.",
        Vmtouch.IsInstalled
            ? "vmtouch is a process a call, so its start is in its time."
            : Vmtouch.Missing + ": left out.",
        "Taking pages out of another process's mapping needs the right CAP_SYS_NICE; without it they stay, and are "
            + "reported.",
    ];

    public override string? Missing(RunSettings settings)
    {
        if (SystemFile.UnsupportedReason is { } reason) return reason;
        return DiskDirectory.IsOnDisk(settings.Directory)
            ? null
            : $"the files would lie on {DiskDirectory.FileSystemOf(settings.Directory)}; name a directory on a disk "
            + "file system with --directory";
    }

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using var file = new DirtyFile(settings.Folder, settings.IsQuick ? FileBytesQuick : FileBytes);
        var isEmpty = new EmptyDemand(Concord);
        yield return Compare("not mapped", file, static () => { }, [new SpeedDemand(Concord, Peer, SpeedMin), isEmpty]);

        using (var mapping = new FileMapping(file.Handle, file.Bytes))
        {
            yield return Compare("mapped by this process", file, mapping.Touch, [isEmpty]);
        }

        using var other = new MappingProcess(file.Path);
        yield return Compare("mapped by another process", file, other.Touch, Environment.IsPrivilegedProcess
            ? [isEmpty]
            : []);
    }

    private static Comparison Compare(string state, DirtyFile file, Action map, Demand[] demands)
    {
        List<Rival> rivals = [Purger(Concord, file, map, () => Purge(file)),
            Purger(Peer, file, map, () => { file.FlushAndAdvise(); return 0; })];
        if (Vmtouch.IsInstalled)
            rivals.Add(Purger(PeerProcess, file, map, () => { file.Flush(); Vmtouch.Evict(file.Path); return 0; }));
        return new Comparison(
            state, file.Bytes, rivals, Reference: Peer,
            [.. demands, new TruthDemand(Concord)]);
    }

    /// <param name="name">As the table shows it.</param>
    /// <param name="file">The file.</param>
    /// <param name="map">Makes whoever maps the file touch it.</param>
    /// <param name="purge">Does it, and returns how many pages it says it left, or null when it cannot know.</param>
    private static Rival Purger(string name, DirtyFile file, Action map, Func<long?> purge) => new(
        name,
        () =>
        {
            file.MakeDirty();
            map();
        },
        () =>
        {
            long start = Stopwatch.GetTimestamp();
            long? claimed = purge();
            double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            return new Slice(nanoseconds, new PagesLeft(file.ResidentPages, claimed, file.Pages));
        });

    private static long? Purge(DirtyFile file)
    {
        CoherencyResult result = file.SystemFile.FlushAndPurge();
        if (result.Status == CoherencyStatus.Unknown) return null;
        long pageBytes = Environment.SystemPageSize;
        return result.Left.Sum(left => (left.Range.Length + pageBytes - 1) / pageBytes);
    }
}
