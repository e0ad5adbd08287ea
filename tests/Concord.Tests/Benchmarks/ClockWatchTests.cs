using Concord.Benchmarks.Workloads;

namespace Concord.Tests.Benchmarks;

public class ClockWatchTests
{
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void It_works_for_as_long_as_it_was_asked()
    {
        var watch = new ClockWatch();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();

        long end = watch.WorkFor(Time);

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start, end) >= Time);
        Assert.InRange(watch.LostShare, 0, 1);
    }

    [Fact]
    public void A_processor_that_others_use_as_well_is_a_disturbance()
    {
        using var stop = new CancellationTokenSource();
        using var pin = Concord.Benchmarks.Harness.PinnedThread.ToProcessor(0);
        var others = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            // Bound where the thread that starts it is.
            while (!stop.IsCancellationRequested) Thread.SpinWait(100);
        })).ToArray();
        foreach (var other in others) other.Start();
        var watch = new ClockWatch();

        watch.WorkFor(10 * Time);

        stop.Cancel();
        foreach (var other in others) other.Join();
        Assert.True(watch.IsDisturbed, $"lost only {watch.LostShare:P1}");
    }
}
