using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;
using Concord.Caching;

namespace Concord.Benchmarks.Goals;

/// <summary>P11: finding which pages native code has written through a view.</summary>
internal sealed class CollectedWrites : Goal
{
    private const string Concord = "Concord", Kernel = "PAGEMAP_SCAN, one call";

    private const double PageMax = 3, TerabyteMax = 200_000;

    /// <summary>What the kernel's scan needed a page, on the machine the goals were set on: the rest is ours.</summary>
    private const double ScannedPage = 2.2, SpeedMin = ScannedPage / PageMax;

    private const long Bytes = 256 * Sizes.MiB, BytesQuick = 64 * Sizes.MiB, SparseBytes = 1024 * Sizes.GiB;

    /// <summary>One page in so many is written: under one in a hundred.</summary>
    private const int Step = 128;

    private const int SparsePages = 64;

    public override string Name => "P11";

    public override string Title => "Find what was written through a view";

    public override string Target =>
        $"≤ {PageMax} ns a page in memory when at most 1% is dirty; a terabyte with {SparsePages} pages in memory ≤ "
            + $"{TerabyteMax / 1000:0} µs";

    public override IEnumerable<string> Notes =>
    [
        $"{Sizes.Bytes(Bytes)} ({Sizes.Bytes(BytesQuick)} in a quick run), every page mapped, protected and clean, and "
            + $"then one of {Step} written by native code; the times are those of a page in memory. That every write "
            + "is found is proved.",
        $"The scan needs {ScannedPage} ns a page on the machine that the goals were set on, so the goal leaves us "
            + $"the rest: as a ratio, {SpeedMin:0.00} of the scan. It finds and protects in one call, and knows no "
            + "extents, locks or masks.",
        "Profile (perf): seven tenths of our time are the call of the scan itself, asked of 128 extents at a time, "
            + "and a quarter more than the peer's single call takes; the rest is finding the extents, their locks and "
            + "their masks, which come from memory.",
        $"The terabyte's times are those of one call, with one of the {SparsePages} pages written.",
    ];

    public override string? Missing(RunSettings settings) =>
        ViewedFile.Missing
        ?? (RawFaults.IsPermitted ? null : "the rival may not open /dev/userfaultfd")
        ?? (PageFaultDispatcher.Shared.Faults.IsAsync
            ? null : "this kernel has no scan for written pages (Linux 6.7 or later has)");

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        long bytes = settings.IsQuick ? BytesQuick : Bytes;
        using (PageOrder order = PageOrder.Ascending((int)(bytes / RandomPages.PageBytes), Step))
        using (var file = new ViewedFile(bytes, ViewAccess.ReadWrite))
        using (var plain = new PlainMapping(bytes))
        using (var kernel = new KernelTracking(plain))
        {
            file.MapClean();
            Compiling.Await(file.Collect);
            using PinnedThread bound = PinnedThread.ToProcessor(0);
            yield return Dense(order, file, plain, kernel);
        }

        var store = new MemoryStore();
        store.SetLength(SparseBytes);
        using PageOrder spread = PageOrder.Spread(SparseBytes, SparsePages);
        using PageOrder first = PageOrder.Spread(RandomPages.PageBytes, 1);
        using var sparse = new ViewedFile(store, SparseBytes, SparsePages * RandomPages.PageBytes,
            ViewAccess.ReadWrite);
        sparse.Map(spread);
        Compiling.Await(sparse.Collect);
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        yield return Sparse(spread, first, sparse);
    }

    private static Comparison Dense(PageOrder order, ViewedFile file, PlainMapping plain, KernelTracking kernel) => new(
        Sizes.Bytes(file.Bytes),
        RandomPages.PageBytes,
        [
            new Rival(
                Concord,
                () =>
                {
                    file.MapClean();
                    NativeTouch.Write(file.Address, order, 2);
                },
                () => Time(file.Pages, order.Count, file.CollectDirtyPages)),
            new Rival(
                Kernel,
                () =>
                {
                    kernel.Protect();
                    NativeTouch.Write(plain.Address, order, 2);
                },
                () => Time(file.Pages, order.Count, kernel.Take)),
        ],
        Reference: Kernel,
        [new TimeDemand(Concord, PageMax), new SpeedDemand(Concord, Kernel, SpeedMin)])
    {
        // A slice is one call: more of them until the code is what it will be.
        WarmUp = TimeSpan.FromSeconds(2),
    };

    private static Comparison Sparse(PageOrder spread, PageOrder first, ViewedFile file) => new(
        "1 TiB",
        SparsePages * RandomPages.PageBytes,
        [
            new Rival(
                Concord,
                () =>
                {
                    file.Map(spread);
                    if (!file.Cached.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete)
                        throw new InvalidOperationException("the view could not be flushed");
                    NativeTouch.Write(file.Address, first, 2);
                },
                () => Time(1, first.Count, file.CollectDirtyPages)),
        ],
        Reference: Concord,
        [new TimeDemand(Concord, TerabyteMax)])
    {
        // A slice is one call: more of them until the code is what it will be.
        WarmUp = TimeSpan.FromSeconds(2),
    };

    /// <summary>The time of one of so many pages, if every write was found.</summary>
    private static Slice Time(long pages, long written, Func<long> collect)
    {
        long start = Stopwatch.GetTimestamp();
        long found = collect();
        var slice = new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / pages);
        return found == written
            ? slice : throw new InvalidOperationException($"{written} pages were written and {found} found");
    }
}
