using System.Runtime.InteropServices;
using Concord.Caching;

namespace Concord.Tests.Caching.Views;

/// <summary>Views under collections that are forced all the time.</summary>
public sealed class CollectionTests
{
    [Fact]
    public void Nobody_stands_still_and_nothing_is_lost_while_collections_are_forced()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "counts in machine code for x64");
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
        var duration = TestRun.IsFull ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(4);
        using var run = new CollectionRun();
        run.Go(duration);

        long lost = run.CountLost();
        Assert.Equal(0, lost);
        Assert.All(run.Rounds, static thread => Assert.True(thread.Rounds > 0, $"'{thread.Name}' did nothing"));
        Figures.Record("R7", "views under forced collections", $"{duration.TotalMinutes:F1} min, {run.Collections:N0} "
            + $"collections, nobody stood still, {lost} counts lost", "1 h, none");
        Figures.Record("R7", "a native touch of an absent page, collections as they come", $"{Show(run.Quiet)}",
            "p50, p99 and p99.9");
        Figures.Record("R7", "a native touch of an absent page, collections forced", $"{Show(run.Collected)}",
            "p50, p99 and p99.9");
        foreach (var (name, rounds) in run.Rounds)
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {rounds:N0} rounds");
    }

    private static string Show(LatencyHistogram latency) =>
        $"{latency.Percentile(50):F0}, {latency.Percentile(99):F0} and {latency.Percentile(99.9):F0} µs";
}
