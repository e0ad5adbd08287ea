using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P15: how near a flush of scattered runs comes to what the disk takes with eight writes in flight.</summary>
internal sealed unsafe class FlushInFlight : Goal
{
    private const string Concord = "Concord flush, direct store", FioName = "fio, direct, 8 in flight",
        Threads = "8 threads, direct pwrite";

    private const double SpeedMin = 0.9;
    private const int InFlight = 8;
    private const long FileBytes = 512 * Sizes.MiB, FileBytesQuick = 128 * Sizes.MiB;

    public override string Name => "P15";

    public override string Title => "Flush bandwidth against direct I/O with eight writes in flight";

    public override string Target => $"≥ {SpeedMin} of fio at runs of 256 KiB and 1 MiB";

    public override IEnumerable<string> Notes =>
    [
        $"A file of {Sizes.Bytes(FileBytes)} ({Sizes.Bytes(FileBytesQuick)} in a quick run); runs of dirty pages of "
            + "the given size with clean gaps as long between them, half of the file. fio and the threads write the "
            + "same bytes.",
        "All of them end with a durable barrier, which is in their times.",
        Fio.IsInstalled
            ? "fio's time is by its own clock, without its start."
            : Fio.Missing + ": the threads of this process are the peer.",
    ];

    public override string? Missing(RunSettings settings) => DiskGoal.Missing(settings);

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using var file = new StoredFile(settings.Folder, settings.IsQuick ? FileBytesQuick : FileBytes,
            StoreCaching.Direct);
        foreach (long run in (long[])[256 * Sizes.KiB, Sizes.MiB]) yield return Compare(file, (int)run);
    }

    private static Comparison Compare(StoredFile file, int run)
    {
        List<Rival> rivals =
        [
            new(Concord, () => file.MakeDirty(run, run),
                () => Time(() => file.Cached.FlushAndPurge(CoherencyOptions.NoPurge), barrier: static () => { })),
            new(Threads, file.MakeCold,
                () => Time(() => DirectWriters.Write(file.Direct, file.Piece, file.Bytes, run, InFlight), file.Flush)),
        ];
        if (Fio.IsInstalled) rivals.Add(new Rival(FioName, file.MakeCold, () => Written(file, run)));
        string peer = Fio.IsInstalled ? FioName : Threads;
        return new Comparison($"runs of {Sizes.Bytes(run)}", file.Bytes / 2, rivals, Reference: peer,
            [new SpeedDemand(Concord, peer, SpeedMin)])
        {
            SharesProcessors = true,
        };
    }

    /// <summary>fio's own time for the writes, and that of the barrier.</summary>
    private static Slice Written(StoredFile file, int run)
    {
        double writes = Fio.WriteNanoseconds(file.Path, file.Bytes, run, InFlight);
        return new Slice(writes + Time(file.Flush, barrier: static () => { }).Nanoseconds);
    }

    private static Slice Time(Action work, Action barrier)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        barrier();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
    }
}
