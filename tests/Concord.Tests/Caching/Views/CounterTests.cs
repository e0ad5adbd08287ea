using System.Runtime.InteropServices;
using Concord.Caching;
using Concord.Interop.Linux;
using Concord.Scheduling;

namespace Concord.Tests.Caching.Views;

public sealed class CounterTests
{
    private static int Purges => TestRun.IsFull ? 10_000 : 400;

    [Fact]
    [Row(26)]
    public void No_count_of_two_views_is_lost_by_purges()
    {
        SkipUnlessX64();
        var run = new CounterRun(Purges);
        run.Run();

        Figures.Record("R7", "counts through two views lost by purges",
            $"{run.Lost} of {run.Counted:N0} in {Purges:N0} purges, {run.Left} ranges left", "0");
        Assert.Equal(0, run.Lost);
        Assert.True(run.Counted >= (TestRun.IsFull ? 10_000_000 : 400_000), $"{run.Counted}");
    }

    [Fact]
    public void No_count_is_lost_where_protection_is_synchronous()
    {
        SkipUnlessX64();
        var run = new CounterRun(Purges / 4, dispatcher: PageFaultDispatcher.Open(isSynchronous: true));
        run.Run();

        Assert.Equal(0, run.Lost);
    }

    [Fact]
    public void No_count_is_lost_by_evictions()
    {
        SkipUnlessX64();
        var run = new CounterRun(Purges / 16, capacityPages: 20, batch: 50);
        run.Run();

        Assert.Equal(0, run.Lost);
    }

    [Fact]
    public void Without_the_second_look_counts_are_lost()
    {
        SkipUnlessX64();

        // A write has to fall between the two looks, to a page that was clean at the first.
        long lost = 0;
        for (int tries = 0; tries < 200 && lost == 0; tries++)
        {
            var run = new CounterRun(20, InjectedFault.ViewsComparedOnce, batch: 50);
            run.Run();
            lost = run.Lost;
        }

        Assert.True(lost > 0, "the net has a hole: purges that do not look again lost nothing");
    }

    [Fact]
    public void No_count_is_lost_where_only_faults_of_user_mode_are_reported()
    {
        SkipUnlessX64();
        var run = new CounterRun(Purges / 4, dispatcher: PageFaultDispatcher.Open(UserFaultForm.UserModeOnly));
        run.Run();

        Assert.Equal(0, run.Lost);
    }

    private static void SkipUnlessX64()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "counts in machine code for x64");
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
    }
}
