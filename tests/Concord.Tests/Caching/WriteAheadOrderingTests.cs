using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Log first: no page goes to the store before the log has reached the number it carries.</summary>
[Row(90)]
public sealed class WriteAheadOrderingTests
{
    [Fact]
    public void A_flush_flushes_the_log_to_the_highest_number_of_the_run_before_it_writes()
    {
        using var test = WithLog(out var log);
        test.Store.Before = call => Assert.True(call.Kind != StoreCallKind.Write || log.Durable == 12);
        Change(test, page: 1, 11);
        Change(test, page: 2, 12);
        Change(test, page: 3, 5);
        Assert.Empty(log.Flushes);
        test.File.FlushAndPurge();
        Assert.Equal([12], log.Flushes);
        Assert.Single(test.Store.Writes);
        test.File.Write(0, [1]);
        test.File.FlushAndPurge();
        Assert.Equal([12], log.Flushes);
    }

    [Fact]
    public async Task Who_closes_makes_room_or_writes_lazily_flushes_the_log_as_well()
    {
        using var test = WithLog(out var log, pages: 40, capacity: 16);
        test.Store.Before = call => Assert.True(call.Kind != StoreCallKind.Write || log.Durable > 0);
        Change(test, page: 0, 3);
        for (int page = 1; page < 40; page++) test.File.Write(page * Pages.Bytes, Pages.Of(2));
        Assert.Contains(3, log.Flushes);
        Change(test, page: 7, 8);
        Assert.True(await test.Cache.LazyWriter.PassAsync(CancellationToken.None));
        Change(test, page: 9, 9);
        test.File.Close();
        Assert.Equal(9, log.Durable);
    }

    [Fact]
    public void A_log_that_fails_is_a_failed_write_and_the_page_keeps_its_number()
    {
        using var test = WithLog(out var log);
        Change(test, page: 1, 11);
        log.Fails = true;
        var error = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Contains("the log could not be flushed to 11", error.Message, StringComparison.Ordinal);
        Assert.Empty(test.Store.Writes);
        Assert.True(Pages.IsDirty(test.File.State, 1));
        log.Fails = false;
        test.File.FlushAndPurge();
        Assert.Equal([11], log.Flushes);
    }

    [Theory]
    [InlineData(StoreCallKind.Write)]
    [InlineData(StoreCallKind.Barrier)]
    public void A_number_survives_a_write_or_barrier_that_failed(object failing)
    {
        using var test = WithLog(out var log);
        Change(test, page: 1, 11);
        test.Store.Fails = call => call.Kind == (StoreCallKind)failing ? new IOException("planted") : null;
        Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Equal(11, NumberOf(test, page: 1));
        test.Store.Fails = static _ => null;
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(0, NumberOf(test, page: 1));
        Assert.Equal([11, 11], log.Flushes);
    }

    [Fact]
    public void A_page_that_is_changed_again_keeps_the_highest_number_until_the_last_change_is_durable()
    {
        using var test = WithLog(out var log);
        var services = test.File.Services;
        Change(test, page: 1, 11);
        test.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Barrier && log.Durable == 11) Elsewhere.Do(() => Change(test, page: 1, 15));
        };
        SyncCompletion.Result(
            services.WriteBack.WriteAsync(Pages.Range(0, 4), CallMode.Blocking, CancellationToken.None));
        SyncCompletion.Wait(services.State.Ledger.MakeDurableAsync(services.State.Ledger.Accepted, CallMode.Blocking));
        Assert.Equal(15, NumberOf(test, page: 1));
        test.File.FlushAndPurge();
        Assert.Equal([11, 15], log.Flushes);
    }

    [Fact]
    public void Pages_that_are_overwritten_whole_carry_their_number_and_none_when_that_is_given_up()
    {
        using var test = WithLog(out var log);
        using (var lease = test.File.Lease(Pages.Range(1, 2), LeaseAccess.Overwrite)) lease.SetLogSequence(21);
        Assert.Equal((21, 21), (NumberOf(test, page: 1), NumberOf(test, page: 2)));
        var given = test.File.Lease(Pages.Range(3), LeaseAccess.Overwrite);
        given.SetLogSequence(22);
        given.Abort();
        Assert.Equal(0, NumberOf(test, page: 3));
        test.File.FlushAndPurge();
        Assert.Equal([21], log.Flushes);
    }

    [Fact]
    public void Only_writing_leases_of_a_file_with_a_log_carry_numbers()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using (var lease = test.File.Lease(Pages.Range(0), LeaseAccess.Write))
        {
            Assert.Throws<InvalidOperationException>(() => lease.SetLogSequence(1));
        }
        var log = new TestLog();
        test.File.SetLog(log);
        test.File.SetLog(log);
        Assert.Throws<InvalidOperationException>(() => test.File.SetLog(new TestLog()));
        using (var lease = test.File.Lease(Pages.Range(0)))
        {
            Assert.Throws<InvalidOperationException>(() => lease.SetLogSequence(1));
        }
        var writing = test.File.Lease(Pages.Range(0), LeaseAccess.Write);
        Assert.Throws<ArgumentOutOfRangeException>(() => writing.SetLogSequence(0));
        writing.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writing.SetLogSequence(1));
    }

    private static CachedFixture WithLog(out TestLog log, int pages = 4, int capacity = 64)
    {
        var test = new CachedFixture(Pages.Of(1, pages), capacity);
        test.File.SetLog(log = new TestLog());
        return test;
    }

    private static void Change(CachedFixture test, int page, long sequence)
    {
        using var lease = test.File.Lease(Pages.Range(page), LeaseAccess.Write);
        lease.SetLogSequence(sequence);
        lease.WritableSpan[0] = (byte)sequence;
    }

    private static long NumberOf(CachedFixture test, int page)
    {
        var extent = test.File.State.Extents.Find(0)!;
        lock (extent) return extent.LogSequenceLocked(1UL << page);
    }

    [Fact]
    public async Task Whatever_a_log_throws_is_a_log_that_was_not_flushed()
    {
        foreach (bool isAsync in (bool[])[false, true])
        {
            using var test = new CachedFixture(Pages.Of(1, 8));
            var log = new OddLog();
            test.File.SetLog(log);
            Change(test, page: 1, 11);
            log.Thrown = new TaskCanceledException("a limit of the log's own");
            var error = isAsync
                ? await Assert.ThrowsAsync<WriteBackException>(async () => await test.File.FlushAndPurgeAsync(
                    Pages.Range(0, 8), cancellationToken: TestContext.Current.CancellationToken))
                : Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
            Assert.Contains("the log could not be flushed to 11", error.Message, StringComparison.Ordinal);
            Assert.Empty(test.Store.Writes);
            log.Thrown = null;
            test.File.FlushAndPurge();
        }
    }

    [Fact]
    public void A_log_that_has_neither_form_is_told_so()
    {
        var log = new NoLog();
        var error = Assert.Throws<NotSupportedException>(() => log.FlushTo(1));
        Assert.Contains("NoLog has neither FlushTo nor FlushToAsync", error.Message, StringComparison.Ordinal);
    }

    private sealed class NoLog : WriteAheadLog;

    private sealed class OddLog : WriteAheadLog
    {
        internal Exception? Thrown { get; set; }

        public override async ValueTask FlushToAsync(long sequence, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (Thrown is not null) throw Thrown;
        }
    }
}
