using System.Diagnostics;
using System.Runtime.CompilerServices;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;
using Concord.Caching;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P10: what noticing a write costs: the first one to a page of a view, and the mark that a copy leaves.
/// </summary>
internal sealed class FirstWrites : Goal
{
    private const string Concord = "Concord view", Kernel = "kernel, asynchronous protection",
        Signal = "mprotect and a signal handler";
    private const string Mark = "Concord, mark of a copy", Known = "the same, dirty already";

    /// <summary>The goal is a time, 1.2 of the kernel's; this is it as a speed.</summary>
    private const double TimeMax = 1.2, SignalSpeedMin = 3;

    private const double MarkMax = 15;

    private const long Bytes = 32 * Sizes.MiB, MarkedBytes = 16 * Sizes.MiB, SignalBytes = 8 * Sizes.MiB;

    /// <summary>
    /// Every second page, so that the signal's rival splits its mapping at each, as scattered writes do.
    /// </summary>
    private const int Step = 2;

    public override string Name => "P10";

    public override string Title => "Notice a write";

    public override string Target =>
        $"first write to a page of a view: ≤ {TimeMax} of the kernel's asynchronous write protection, ≥ "
            + $"{SignalSpeedMin} of mprotect and a signal; dirty mark of a copy ≤ {MarkMax} ns";

    public override IEnumerable<string> Notes =>
    [
        $"Native code writes a byte to every second page of {Sizes.Bytes(Bytes)}, all mapped and protected before "
            + $"({Sizes.Bytes(SignalBytes)} for the signal, whose mapping falls apart); that each write was noticed is "
            + "proved after each slice.",
        "The kernel's own protection is a memfd mapping with userfaultfd's WP_ASYNC. The signal handler is machine "
            + "code that makes the page writable and returns.",
        $"A copy's mark: the pages of {Sizes.Bytes(MarkedBytes)} one after the other, each marked once; it is what a "
            + "write of a clean page costs more than one of a page that is dirty already.",
    ];

    public override string? Missing(RunSettings settings) =>
        ViewedFile.Missing
        ?? (RawFaults.IsPermitted ? null : "the rival may not open /dev/userfaultfd")
        ?? (PageFaultDispatcher.Shared.Faults.IsAsync
            ? null : "this kernel has no asynchronous write protection (Linux 6.7 or later has)");

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        int pages = (int)(Bytes / RandomPages.PageBytes);
        using (PageOrder order = PageOrder.Ascending(pages, Step))
        using (PageOrder fewer = PageOrder.Ascending((int)(SignalBytes / RandomPages.PageBytes), Step))
        using (var file = new ViewedFile(Bytes, ViewAccess.ReadWrite))
        using (var protectedMemory = new PlainMapping(Bytes))
        using (var signalled = new PlainMapping(SignalBytes))
        using (var kernel = new KernelTracking(protectedMemory))
        using (PinnedThread.ToProcessor(0))
        {
            NativeTouch.Write(signalled.Address, PageOrder.Ascending((int)(SignalBytes / RandomPages.PageBytes)), 1);
            var signal = new SignalTracking(signalled);
            yield return new Comparison(
                "first write to a page",
                RandomPages.PageBytes,
                [
                    new Rival(Concord, file.MapClean, () => Proved(NativeTouch.TimeWrites(file.Address, order, Next()),
                        order.Count, file.CollectDirtyPages())),
                    new Rival(Kernel, kernel.Protect, () => Proved(
                        NativeTouch.TimeWrites(protectedMemory.Address, order, Next()), order.Count, kernel.Take())),
                    new Rival(Signal, signal.Protect,
                        () => signal.Run(() => NativeTouch.TimeWrites(signalled.Address, fewer, Next()))),
                ],
                Reference: Kernel,
                [new SpeedDemand(Concord, Kernel, 1 / TimeMax), new SpeedDemand(Concord, Signal, SignalSpeedMin)]);
        }

        using var copied = new ViewedFile(MarkedBytes, ViewAccess.Read);
        Compiling.Await(() =>
        {
            MakeClean(copied);
            MarkAll(copied);
        });
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        yield return Marks(copied);
    }

    private byte _value;

    private byte Next() => ++_value;

    /// <summary>The slice, if every write was noticed.</summary>
    private static Slice Proved(Slice slice, long written, long noticed) => written == noticed
        ? slice
        : throw new InvalidOperationException($"{written} pages were written and {noticed} noticed");

    private static Comparison Marks(ViewedFile file) => new(
        "dirty mark of a copy",
        RandomPages.PageBytes,
        [
            new Rival(Mark, () => MakeClean(file), () => MarkAll(file)),
            new Rival(Known, () => MarkAll(file), () => MarkAll(file)),
        ],
        Reference: Known,
        [new TimeDemand(Mark, MarkMax)]);

    private static void MakeClean(ViewedFile file)
    {
        file.BringInUnmapped();
        if (!file.Cached.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete || file.CollectDirtyPages() != 0)
            throw new InvalidOperationException("pages stayed dirty");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static Slice MarkAll(ViewedFile file)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (var extent in file.Cached.State.Extents.All)
        {
            for (ulong page = 1; page != 0; page <<= 1) extent.MarkDirty(page);
        }

        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / file.Pages);
    }
}
