using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P8: touching a page in a view that is not in the cache, with a store that is memory.</summary>
internal sealed class ViewMisses : Goal
{
    private const string Concord = "Concord view", Resident = "Concord view, page in the cache",
        Kernel = "kernel, minor write fault";
    private const string Dispatched = "poll and dispatch, other processor", Polled = "poll, other processor",
        PolledHere = "poll, same processor";

    /// <summary>Times of a kernel's fault, as the goals have them.</summary>
    private const double MissMax = 8, PageOf16Max = 0.7, PageOf512Max = 0.35;

    private const int Pages = 512, ManyPages = 8192, NeighbourPages = 16, LongestRunPages = 64;

    public override string Name => "P8";

    public override string Title => "Touch a page in a view that has to be brought in";

    public override string Target =>
        $"store in memory: ≤ {MissMax} times the kernel's minor write fault; a page that is in the cache ≤ "
            + $"{PageOf16Max} with {NeighbourPages} pages an answer, ≤ {PageOf512Max} with the longest answers";

    public override IEnumerable<string> Notes =>
    [
        "Each page is touched once, by native code, on the first processor; before each slice nothing is in the cache "
            + "and nothing is mapped, which the kernel is asked. The time is that of a page.",
        "The kernel's fault is the first write to a page of a plain memfd mapping that is in memory. The rival "
            + "handlers put ready bytes in place and read no store; the one that dispatches has one thread that polls "
            + "and reads the message, and a second one, on the same processor, that answers.",
        $"The longest answer is an extent, {LongestRunPages} pages. \"In the cache\": only the view, one open for "
            + "writing, lacks the pages; it is given those behind the one it asks for, up to the next that it has.",
        "The handler on the same processor only puts ready bytes in place (UFFDIO_COPY), which allocates and copies "
            + "each page, and wakes: an answer that fills pages cannot be cheaper, so the difference to it is what the "
            + "library adds, a store's read included. The goals for long answers are below what that call alone takes, "
            + "so they are those of pages in the cache; the rows that fill pages stand beside them.",
        "The library's listening thread follows the threads that wait: bound to their processor, it begins as soon as "
            + "such a thread waits.",
    ];

    /// <summary>What is missing for touching views, and rivals of them on another processor, or null.</summary>
    public static string? MissingForRivals =>
        ViewedFile.Missing
        ?? (RawFaults.IsPermitted ? null : "the rival handler may not open /dev/userfaultfd")
        ?? (PartnerThread.IsPossible ? null : "this process may use one processor only; two are needed");

    public override string? Missing(RunSettings settings) => MissingForRivals;

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using (PageOrder order = PageOrder.Shuffled(Pages))
        using (var file = new ViewedFile(Bytes(Pages), ViewAccess.Read, ViewAdvice.Random))
        using (var plain = new PlainMapping(Bytes(Pages)))
        using (var dispatched = new PolledFaults(Pages, processor: 1, dispatches: true))
        using (var polled = new PolledFaults(Pages, processor: 1))
        using (var here = new PolledFaults(Pages, processor: 0))
        using (PinnedThread.ToProcessor(0))
        {
            yield return Single(order, file, plain, dispatched, polled, here);
        }

        foreach (int runPages in (int[])[NeighbourPages, LongestRunPages])
        {
            bool isLongest = runPages == LongestRunPages;
            using PageOrder order = PageOrder.ShuffledRuns(ManyPages, runPages);
            using var file = new ViewedFile(Bytes(ManyPages), ViewAccess.Read, isLongest
                ? ViewAdvice.Sequential
                : ViewAdvice.Normal);
            using var resident = new ViewedFile(Bytes(ManyPages), ViewAccess.ReadWrite);
            using var plain = new PlainMapping(Bytes(ManyPages));
            using var here = new PolledFaults(ManyPages, processor: 0, runPages);
            using PinnedThread pin = PinnedThread.ToProcessor(0);
            yield return Runs(runPages, isLongest ? PageOf512Max : PageOf16Max, order, file, resident, plain, here);
        }
    }

    private static long Bytes(int pages) => pages * (long)RandomPages.PageBytes;

    private static Comparison Single(PageOrder order, ViewedFile file, PlainMapping plain, PolledFaults dispatched,
        PolledFaults polled, PolledFaults here) => new(
        "a page an answer",
        RandomPages.PageBytes,
        [
            new Rival(Concord, file.Empty, () => NativeTouch.TimeReads(file.Address, order)),
            KernelFault(plain, order),
            new Rival(Dispatched, dispatched.Empty, () => NativeTouch.TimeReads(dispatched.Address, order)),
            new Rival(Polled, polled.Empty, () => NativeTouch.TimeReads(polled.Address, order)),
            new Rival(PolledHere, here.Empty, () => NativeTouch.TimeReads(here.Address, order)),
        ],
        Reference: Kernel,
        [new SpeedDemand(Concord, Kernel, 1 / MissMax)])
        {
            SharesProcessors = true,
        };

    private static Comparison Runs(int runPages, double timeMax, PageOrder order, ViewedFile file, ViewedFile resident,
        PlainMapping plain, PolledFaults here) => new(
        $"{runPages} pages an answer",
        RandomPages.PageBytes,
        [
            new Rival(Concord, file.Empty, () => NativeTouch.TimeReads(file.Address, order)),
            new Rival(Resident, resident.BringInUnmapped, () => NativeTouch.TimeReads(resident.Address, order)),
            KernelFault(plain, order),
            new Rival(PolledHere, here.Empty, () => NativeTouch.TimeReads(here.Address, order)),
        ],
        Reference: Kernel,
        [new SpeedDemand(Resident, Kernel, 1 / timeMax)])
        {
            SharesProcessors = true,
        };

    private static Rival KernelFault(PlainMapping plain, PageOrder order) =>
        new(Kernel, plain.Unmap, () => NativeTouch.TimeWrites(plain.Address, order, 2));
}
