using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Interop;
using Concord.Benchmarks.Workloads;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P12: purging a clean range that nobody maps, against the kernel's own way of dropping a file's pages.
/// </summary>
internal sealed class CleanPurge : Goal
{
    private const string Concord = "Concord FlushAndPurge", GiveBack = "the same and its memory given back",
        Peer = "fadvise(DONTNEED)";
    private const string Punch = "PUNCH_HOLE of plain memory, 2 MiB a call";

    /// <summary>What the kernel needs a page, on the machine the goals were set on.</summary>
    private const double PageMax = 20, PageWithGiveBackMax = 600;

    /// <summary>
    /// What a punch needs a page, on that machine: giving back is made of it, so the goal is a ratio to it on any
    /// other.
    /// </summary>
    private const double PunchedPage = 500;

    private const double TerabyteMax = 140_000;

    private const long FileBytes = 256 * Sizes.MiB, PunchBytes = 2 * Sizes.MiB, SparseBytes = 1024 * Sizes.GiB;
    private const int SparsePages = 64;

    public override string Name => "P12";

    public override string Title => "Purge a clean range that nobody maps";

    public override string Target =>
        $"a page ≤ {PageMax} ns and no slower than the kernel's; ≤ {PageWithGiveBackMax} ns with the memory given "
            + $"back, where punching holes into memory takes {PunchedPage} (so ≤ {PageWithGiveBackMax / PunchedPage} "
            + $"of that); a terabyte with {SparsePages} pages in memory ≤ {TerabyteMax / 1000:0} µs";

    public override IEnumerable<string> Notes =>
    [
        $"The first times are those of a page: {Sizes.Bytes(FileBytes)} are in memory, and are dropped in one call. "
            + "The peer drops the same file from the system's cache, where it is clean too.",
        $"The last is that of one call on a sparse file of {SparseBytes / (1024 * Sizes.GiB)} TiB with {SparsePages} "
            + "pages in memory, spread evenly.",
        "Purged memory is given back later, when the capacity asks for it; what is read again before that reuses it.",
    ];

    public override string? Missing(RunSettings settings) =>
        OperatingSystem.IsLinux() ? null : "the peer is Linux's system call";

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        using (var file = new ResidentFile(settings.Folder, FileBytes, isMapped: false))
        using (var plain = new PlainMapping(FileBytes))
        {
            yield return Dense(file, plain);
        }

        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Sizes.MiB, LazyWriterInterval = TimeSpan.Zero });
        string path = settings.Folder["sparse"];
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
        RandomAccess.SetLength(handle, SparseBytes);
        using CachedFile sparse = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        yield return Sparse(sparse, handle);
    }

    private static Comparison Dense(ResidentFile file, PlainMapping plain) => new(
        Sizes.Bytes(FileBytes),
        RandomPages.PageBytes,
        [
            new Rival(Concord, file.BringIn, () => Time(FileBytes, () => Purge(file.Cached))),
            new Rival(GiveBack, file.BringIn, () => Time(FileBytes, () =>
            {
                Purge(file.Cached);
                file.GiveBack();
            })),
            new Rival(Peer, file.BringIn, () => Time(FileBytes, () => Advise(file.Handle))),
            new Rival(Punch, plain.Fill, () => Time(FileBytes, () =>
            {
                for (long at = 0; at < FileBytes; at += PunchBytes) plain.Punch(at, PunchBytes);
            })),
        ],
        Reference: Peer,
        [new TimeDemand(Concord, PageMax), new SpeedDemand(Concord, Peer, 1),
            new SpeedDemand(GiveBack, Punch, PunchedPage / PageWithGiveBackMax)]);

    private static Comparison Sparse(CachedFile file, SafeFileHandle handle)
    {
        return new Comparison(
            "1 TiB",
            SparsePages * RandomPages.PageBytes,
            [
                new Rival(Concord, BringIn, () => Time(RandomPages.PageBytes, () => Purge(file))),
                new Rival(Peer, BringIn, () => Time(RandomPages.PageBytes, () => Advise(handle))),
            ],
            Reference: Peer,
            [new TimeDemand(Concord, TerabyteMax)]);

        void BringIn()
        {
            byte[] page = new byte[RandomPages.PageBytes];
            for (long at = 0; at < SparseBytes; at += SparseBytes / SparsePages)
            {
                file.Read(at, page);
                RandomAccess.Read(handle, page, at);
            }
        }
    }

    private static void Purge(CachedFile file)
    {
        if (!file.FlushAndPurge().IsComplete) throw new InvalidOperationException("a clean page stayed");
    }

    private static void Advise(SafeFileHandle file)
    {
        int error = Libc.PosixFadvise(file, 0, 0, Libc.FadviseDontNeed);
        if (error != 0) throw Libc.Error("advise the kernel to drop the file", error);
    }

    /// <summary>The time of a page.</summary>
    private static Slice Time(long bytes, Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / (bytes / RandomPages.PageBytes));
    }
}
