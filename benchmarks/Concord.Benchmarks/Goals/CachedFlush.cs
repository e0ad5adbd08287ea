using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P14: the flush and purge of a file in Concord's own cache, of a dirty one and of one with nothing to do.
/// </summary>
internal sealed class CachedFlush : Goal
{
    private const string Concord = "Concord FlushAndPurge", Settled = "Concord FlushAndPurge(NoPurge)";
    private const string MappedPeer = "msync + fdatasync + fadvise";
    private const string Peer = "write + fdatasync + fadvise", PeerFlush = "fdatasync + fadvise of written pages",
        PeerSettled = "fdatasync";

    /// <summary>Both wait for the same disk; the rest is what the cache itself costs.</summary>
    private const double SpeedMin = 0.9;

    private const double SettledMax = 1000;
    private const int SettledCalls = 10_000, SettledCallsOfPeer = 100;

    private const long FileBytes = 256 * Sizes.MiB, FileBytesQuick = 64 * Sizes.MiB;

    public override string Name => "P14";

    public override string Title => "Flush and purge a file of Concord's cache";

    public override string Target =>
        $"dirty: ≥ {SpeedMin} of write + fdatasync + fadvise(DONTNEED), with a buffered and with a direct store; "
            + "dirty in a writable mapping: the same against msync, and no page left; nothing to do, NoPurge: ≤ "
            + $"{SettledMax / 1000} µs";

    public override IEnumerable<string> Notes =>
    [
        $"A file of {Sizes.Bytes(FileBytes)} ({Sizes.Bytes(FileBytesQuick)} in a quick run), every page of it dirty. "
            + $"The peer writes the same bytes through the system's cache, {Sizes.Bytes(StoredFile.PieceBytes)} a "
            + "call.",
        "Where the peer's pages are written before the clock runs, a part of them is on the disk by then; those rows "
            + "are for information.",
        "Mapped: native code has written every page through a writable view, and for the peer through a mapping of the "
            + "file. \"Left\" are the pages that the kernel still has of Concord's memory, or of the file; the peer's "
            + "calls all said success. After each slice the disk is asked for the bytes. The peer takes nothing out of "
            + "the mapping and gives nothing back. Of Concord's time (traced, 256 MiB) 250 to 300 ms are the barrier, "
            + "as of the peer's; 45 to 60 ms give the memory back after it, which cannot be done before (P13); with a "
            + "buffered store 130 to 160 ms take pages out of the view and copy them into the system's cache, and with "
            + "a direct one 180 to 400 ms write them, longer than those of a file without views, whose memory lies in "
            + "larger pieces.",
        "The last times are those of one call with nothing to do; that it makes no system call and allocates nothing "
            + "is a test.",
    ];

    public override string? Missing(RunSettings settings) => DiskGoal.Missing(settings);

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        long bytes = settings.IsQuick ? FileBytesQuick : FileBytes;
        foreach (StoreCaching caching in (StoreCaching[])[StoreCaching.Buffered, StoreCaching.Direct])
        {
            using var file = new StoredFile(settings.Folder, bytes, caching);
            yield return Dirty(file, caching);
        }

        if (ViewedFile.Missing is null)
        {
            foreach (StoreCaching caching in (StoreCaching[])[StoreCaching.Buffered, StoreCaching.Direct])
            {
                using var file = new MappedDirtyFile(settings.Folder, bytes, caching);
                yield return Mapped(file, caching);
            }
        }

        using var clean = new StoredFile(settings.Folder, FileBytesQuick, StoreCaching.Direct);
        yield return NothingToDo(clean);
    }

    private static Comparison Dirty(StoredFile file, StoreCaching caching) => new(
        $"{Sizes.Bytes(file.Bytes)} dirty, {(caching == StoreCaching.Direct ? "direct" : "buffered")} store",
        file.Bytes,
        [
            new Rival(Concord, () => file.MakeDirty(StoredFile.PieceBytes, gapBytes: 0),
                () => Time(1, () => Purge(file))),
            new Rival(Peer, file.MakeCold, () => Time(1, () =>
            {
                file.WriteThrough();
                file.Flush();
                file.Advise();
            })),
            new Rival(
                PeerFlush,
                () =>
                {
                    file.MakeCold();
                    file.WriteThrough();
                },
                () => Time(1, () =>
                {
                    file.Flush();
                    file.Advise();
                })),
        ],
        Reference: Peer,
        [new SpeedDemand(Concord, Peer, SpeedMin)])
    {
        SharesProcessors = true,
    };

    private static Comparison Mapped(MappedDirtyFile file, StoreCaching caching) => new(
        $"{Sizes.Bytes(file.Bytes)} dirty and mapped, {(caching == StoreCaching.Direct ? "direct" : "buffered")} store",
        file.Bytes,
        [
            new Rival(Concord, file.DirtyView, () => TimeLeft(file.PurgeView, file.LeftOfView)),
            new Rival(MappedPeer, file.DirtyMapping, () => TimeLeft(file.PurgeMapping, file.LeftOfMapping)),
        ],
        Reference: MappedPeer,
        [new SpeedDemand(Concord, MappedPeer, SpeedMin), new EmptyDemand(Concord), new TruthDemand(Concord)])
    {
        SharesProcessors = true,
    };

    private static Slice TimeLeft(Func<long> purge, Func<long, PagesLeft> ask)
    {
        long start = Stopwatch.GetTimestamp();
        long claimed = purge();
        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        return new Slice(nanoseconds, ask(claimed));
    }

    private static Comparison NothingToDo(StoredFile file) => new(
        "nothing to do",
        file.Bytes,
        [
            new Rival(Settled, () => file.Cached.FlushAndPurge(), () => Time(SettledCalls, () =>
            {
                for (int i = 0; i < SettledCalls; i++) file.Cached.FlushAndPurge(CoherencyOptions.NoPurge);
            })),
            new Rival(PeerSettled, file.Flush, () => Time(SettledCallsOfPeer, () =>
            {
                for (int i = 0; i < SettledCallsOfPeer; i++) file.Flush();
            })),
        ],
        Reference: PeerSettled,
        [new TimeDemand(Settled, SettledMax)]);

    private static void Purge(StoredFile file)
    {
        if (!file.Cached.FlushAndPurge().IsComplete) throw new InvalidOperationException("a page stayed");
    }

    /// <summary>The time of one of so many operations.</summary>
    private static Slice Time(int operations, Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations);
    }
}
