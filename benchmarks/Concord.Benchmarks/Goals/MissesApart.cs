using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P9: how long a thread waits for a page of a view, in a program that does other work between two misses.
/// </summary>
internal sealed class MissesApart : Goal
{
    private const string Concord = "Concord view";
    private const string Dispatched = "poll and dispatch, other processor", Polled = "poll, other processor",
        PolledHere = "poll, same processor";

    private const double SpeedMin = 5;

    /// <summary>
    /// From this pause on the other processor is asleep at each miss: what waking it takes hardly grows any more.
    /// </summary>
    private const double JudgedMilliseconds = 2;

    private const int Pages = 512, PagesApart = 16;

    private static readonly double[] PausesMilliseconds = [0.1, 0.5, JudgedMilliseconds, 5];

    public override string Name => "P9";

    public override string Title => "Wait for a page of a view, between other work";

    public override string Target =>
        $"store in memory, {JudgedMilliseconds} ms of other work between two misses: ≥ {SpeedMin} of a handler that "
            + "polls and dispatches on another processor";

    public override IEnumerable<string> Notes =>
    [
        "A page is touched, by native code on the first processor, each time the thread has worked for the pause "
            + "without waiting; before each slice nothing is in the cache and nothing is mapped, which the kernel is "
            + "asked. Times are medians of the touches of a slice.",
        "The rival that dispatches has one thread that polls and reads the message, and a second one, on the same "
            + "processor, that answers. The rivals put ready bytes in place and read no store.",
        "What is measured is above all the waking of a processor, which takes longer the longer it has slept; after "
            + $"short pauses the hypervisor has kept it awake. From {JudgedMilliseconds} ms on that hardly grows any "
            + "more, so the goal is asked there, and the other pauses are shown.",
        "In its pauses the thread looks at the clock, and so sees when its processor is taken away, which on "
            + $"a virtual machine no counter tells. A slice in which it lost more than {ClockWatch.LostShareMax:P0} of "
            + "the pauses is disturbed: then ticks and touches alike find their caches used by neighbours, and what "
            + "is asked, whether another processor has to be woken, drowns in that.",
        "The library's listening thread follows the threads that wait: bound to their processor, it begins as soon as "
            + "such a thread waits. A handler there which looks nothing up is the last row: two changes of threads and "
            + "UFFDIO_COPY, which no handler does without.",
    ];

    public override string? Missing(RunSettings settings) => ViewMisses.MissingForRivals;

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using PageOrder order = PageOrder.Shuffled(Pages, PagesApart);
        using var file = new ViewedFile(Pages * (long)RandomPages.PageBytes, ViewAccess.Read, ViewAdvice.Random);
        using var dispatched = new PolledFaults(Pages, processor: 1, dispatches: true);
        using var polled = new PolledFaults(Pages, processor: 1);
        using var here = new PolledFaults(Pages, processor: 0);
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        foreach (double milliseconds in PausesMilliseconds)
        {
            var pause = TimeSpan.FromMilliseconds(milliseconds);
            yield return new Comparison(
                $"{milliseconds} ms apart",
                RandomPages.PageBytes,
                [
                    new Rival(Concord, file.Empty, () => NativeTouch.TimeReadsApart(file.Address, order, pause)),
                    new Rival(Dispatched, dispatched.Empty,
                        () => NativeTouch.TimeReadsApart(dispatched.Address, order, pause)),
                    new Rival(Polled, polled.Empty, () => NativeTouch.TimeReadsApart(polled.Address, order, pause)),
                    new Rival(PolledHere, here.Empty, () => NativeTouch.TimeReadsApart(here.Address, order, pause)),
                ],
                Reference: Dispatched,
                milliseconds == JudgedMilliseconds ? [new SpeedDemand(Concord, Dispatched, SpeedMin)] : [])
            {
                SharesProcessors = true,
            };
        }
    }
}
