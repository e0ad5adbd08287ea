using Concord.Caching;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// A write-back keeps several runs in flight, needs nobody's help, and tells the same error in any order.
/// </summary>
public sealed class WriteBackTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Several_runs_are_in_flight_and_never_more_than_the_limit(bool isAsync)
    {
        using var test = Scattered(runs: 20);
        using var meeting = new CountdownEvent(isAsync ? 2 : WriteSweep.RunsInFlightMax);
        int most = 0;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write) return;
            InterlockedMax(ref most, test.Store.InFlight);
            if (!meeting.IsSet) meeting.Signal();
            Assert.True(meeting.Wait(Long), "so many runs are in flight at once");
        };
        if (isAsync)
            await test.File.FlushAndPurgeAsync(
                new ByteRange(0, long.MaxValue), cancellationToken: TestContext.Current.CancellationToken);
        else test.File.FlushAndPurge();
        Assert.InRange(most, 2, WriteSweep.RunsInFlightMax);
        Assert.Equal(20, test.Store.Writes.Count);
        Assert.Single(test.Store.Barriers);
        AssertWritten(test.Store, runs: 20);
    }

    [Fact]
    public void A_flush_gets_to_its_end_when_nobody_helps()
    {
        var store = new ScriptedStore();
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero
        }, new Starved());
        using var file = cache.Open(store);
        Scatter(file, runs: 12);
        Assert.Equal(12 * Pages.Bytes, file.FlushAndPurge().BytesWritten);
        AssertWritten(store, runs: 12);
    }

    [Fact]
    public void The_error_of_the_lowest_run_is_told_whichever_failed_first_and_the_others_are_written()
    {
        using var test = Scattered(runs: 10);
        using var laterFailed = new ManualResetEventSlim();
        test.Store.Fails = call =>
        {
            if (call.Kind != StoreCallKind.Write) return null;
            if (call.Offset == 2 * Pages.Bytes)
            {
                Assert.True(laterFailed.Wait(Long));
                return new IOException("the lower one");
            }

            if (call.Offset != 6 * Pages.Bytes) return null;
            laterFailed.Set();
            return new IOException("the higher one");
        };
        var error = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Contains("the lower one", error.Message, StringComparison.Ordinal);
        Assert.Equal(8 * Pages.Bytes, error.Result.BytesWritten);
        Assert.True(Pages.IsDirty(test.File.State, 2) && Pages.IsDirty(test.File.State, 6));
        test.Store.Fails = static _ => null;
        Assert.Equal(2 * Pages.Bytes, test.File.FlushAndPurge().BytesWritten);
        AssertWritten(test.Store, runs: 10);
    }

    [Fact]
    public void An_error_is_told_although_a_lower_run_was_written_after_it()
    {
        using var test = Scattered(runs: 10);
        using var laterFailed = new ManualResetEventSlim();
        test.Store.Fails = call =>
        {
            if (call.Kind != StoreCallKind.Write) return null;
            if (call.Offset == 0) Assert.True(laterFailed.Wait(Long));
            if (call.Offset != 6 * Pages.Bytes) return null;
            laterFailed.Set();
            return new IOException("planted");
        };
        var error = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Contains("planted", error.Message, StringComparison.Ordinal);
        Assert.True(Pages.IsDirty(test.File.State, 6));
        Assert.False(Pages.IsDirty(test.File.State, 0));
        test.Store.Fails = static _ => null;
        Assert.True(test.File.FlushAndPurge().IsComplete);
        AssertWritten(test.Store, runs: 10);
    }

    [Fact]
    public void What_a_lease_changes_while_the_store_takes_its_page_is_not_half_of_what_is_written()
    {
        using var test = new CachedFixture(Pages.Of(1, 2));
        using (var lease = test.File.Lease(Pages.Range(0), LeaseAccess.Write))
        {
            lease.WritableSpan.Fill(7);
            test.Store.Before = call =>
            {
                if (call.Kind == StoreCallKind.Write) lease.WritableSpan.Fill(8);
            };
            Assert.Equal(CoherencyStatus.CachePageLocked, test.File.FlushAndPurge(CoherencyOptions.NoPurge).Status);
            test.Store.Before = static _ => { };
            Assert.Equal(Pages.Of(7), test.Store.Content[..Pages.Bytes]);
        }

        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(8), test.Store.Content[..Pages.Bytes]);
    }

    [Fact]
    public void A_page_with_a_writer_stuck_inside_is_dirty_after_its_write_back()
    {
        using var test = new CachedFixture(Pages.Of(1, 2)) { ReaderLimit = TimeSpan.Zero };
        test.File.Write(0, [7]);
        var writing = test.File.Services.WriteBack;
        using (new StuckCopy(test.File.State, page: 0))
        {
            SyncCompletion.Result(writing.WriteAsync(Pages.Range(0), CallMode.Blocking, CancellationToken.None));
            Assert.Equal(7, test.Store.Content[0]);
            Assert.True(Pages.IsDirty(test.File.State, 0));
        }

        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.False(Pages.IsDirty(test.File.State, 0));
    }

    [Fact]
    public void A_cancelled_flush_returns_when_nothing_of_it_is_in_flight()
    {
        using var test = Scattered(runs: 20);
        using var cancellation = new CancellationTokenSource();
        test.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write) cancellation.Cancel();
        };
        var flush = test.File.FlushAndPurgeAsync(new ByteRange(0, long.MaxValue), cancellationToken: cancellation.Token)
            .AsTask();
        Assert.ThrowsAny<OperationCanceledException>(() => flush.GetAwaiter().GetResult());
        Assert.Equal(0, test.Store.InFlight);
        Assert.InRange(test.Store.Writes.Count, 1, WriteSweep.RunsInFlightMax);
        Assert.Empty(test.Store.Barriers);
        test.Store.Before = static _ => { };
        Assert.True(test.File.FlushAndPurge().IsComplete);
        AssertWritten(test.Store, runs: 20);
    }

    private static CachedFixture Scattered(int runs)
    {
        var test = new CachedFixture([]);
        Scatter(test.File, runs);
        return test;
    }

    /// <summary>Every second page dirty, each with a byte of its own.</summary>
    private static void Scatter(CachedFile file, int runs)
    {
        file.SetLength(2L * runs * Pages.Bytes);
        for (int run = 0; run < runs; run++) file.Write(2L * run * Pages.Bytes, Pages.Of((byte)(run + 1)));
    }

    private static void AssertWritten(ScriptedStore store, int runs)
    {
        byte[] content = store.Content;
        for (int run = 0; run < runs; run++)
        {
            Assert.Equal(Pages.Of((byte)(run + 1)), content[(2 * run * Pages.Bytes)..((2 * run + 1) * Pages.Bytes)]);
            Assert.Equal(Pages.Of(0), content[((2 * run + 1) * Pages.Bytes)..((2 * run + 2) * Pages.Bytes)]);
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = most; seen < value;)
        {
            int found = Interlocked.CompareExchange(ref most, value, seen);
            if (found == seen) return;
            seen = found;
        }
    }

    /// <summary>A process without a thread to spare: what is posted is never run.</summary>
    private sealed class Starved : CacheScheduler
    {
        internal override TimeProvider Time => TimeProvider.System;

        internal override void Post(Action continuation)
        {
            // That is the point of it.
        }
    }
}
