using System.Diagnostics;
using System.Runtime.CompilerServices;
using Concord.Scheduling;

namespace Concord.Tests.Stores;

/// <summary>The threads that make the blocking calls of stores.</summary>
public sealed class BlockingThreadsTests
{
    /// <summary>Less than an idle thread waits before it ends, and with it whatever it keeps.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    [Fact]
    public void A_thread_that_waits_for_more_keeps_nothing_of_what_it_did()
    {
        var threads = new BlockingThreads();
        var used = Use(threads);
        var clock = Stopwatch.StartNew();
        while (used.IsAlive && clock.Elapsed < Limit)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(used.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Use(BlockingThreads threads)
        {
            object used = new();
            using var isDone = new ManualResetEventSlim();
            threads.Post(() =>
            {
                GC.KeepAlive(used);
                isDone.Set();
            });
            isDone.Wait(TestContext.Current.CancellationToken);
            return new WeakReference(used);
        }
    }
}
