using Concord.Nt;
using static Concord.Nt.Ntifs;

namespace Concord.Tests.Nt;

/// <summary>What a thread had when it ended is nobody's, and no stranger's: whoever comes next is told.</summary>
public sealed unsafe class AbandonedTests
{
    private static readonly ByteRange Start = new(0, 100);

    [Fact]
    public void A_lock_whose_thread_has_ended_is_taken_by_the_next_who_is_told_and_by_no_stranger()
    {
        using var test = new CachingFixture(pages: 2);
        RunAndEnd(test.Nt.AcquireExclusive);

        // Each of them may get the number of the one that has ended.
        for (int i = 0; i < 20; i++) RunAndEnd(() => Assert.False(test.Nt.IsAcquiredExclusively));
        test.Nt.AcquireExclusive();
        Assert.True(test.Nt.IsAcquiredExclusively);
        Assert.True(test.Nt.WasAbandoned);
        test.Nt.Held.Write(0, "mine"u8);
        test.Nt.Release();
        test.Nt.AcquireExclusive();
        Assert.False(test.Nt.WasAbandoned);
        test.Nt.Release();
        Assert.Throws<InvalidOperationException>(test.Nt.Release);
    }

    [Fact]
    public void Who_waits_for_the_lock_of_a_thread_that_ends_gets_it()
    {
        using var test = new CachingFixture(pages: 2);
        using var isHeld = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            test.Nt.AcquireExclusive();
            isHeld.Set();
            ends.Wait();
        });
        holder.Start();
        isHeld.Wait(TestContext.Current.CancellationToken);
        bool wasAbandoned = false;
        var waiter = new Thread(() =>
        {
            test.Nt.AcquireShared();
            wasAbandoned = test.Nt.WasAbandoned;
            test.Nt.Release();
        });
        waiter.Start();
        Patience.Await(() => (waiter.ThreadState & ThreadState.WaitSleepJoin) != 0);
        ends.Set();
        holder.Join();
        waiter.Join();
        Assert.True(wasAbandoned);
    }

    [Fact]
    public void Shared_by_a_thread_that_has_ended_it_keeps_nobody_out()
    {
        using var test = new CachingFixture(pages: 2);
        RunAndEnd(() =>
        {
            test.Nt.AcquireShared();
            test.Nt.AcquireShared();
        });
        test.Nt.AcquireExclusive();
        Assert.True(test.Nt.WasAbandoned);
        test.Nt.Release();
    }

    [Fact]
    public void In_checked_mode_it_is_an_error_and_the_lock_is_free_afterwards()
    {
        using var test = new CachingFixture(pages: 2);
        foreach (var acquire in (Action[])[test.Nt.AcquireExclusive, test.Nt.AcquireShared])
        {
            RunAndEnd(test.Nt.AcquireExclusive);
            NtRules.Checked(() => Assert.Equal(
                NTSTATUS.STATUS_ABANDONED, Assert.Throws<NtPreconditionException>(acquire).Status));
            Assert.False(test.Nt.IsAcquiredExclusively);
            acquire();
            test.Nt.Release();
        }
    }

    [Fact]
    public void A_file_whose_lock_was_abandoned_can_be_read_again_and_closed()
    {
        using var test = new CachingFixture(pages: 2, fill: 7);
        RunAndEnd(test.Nt.AcquireExclusive);
        test.Nt.Stream.RefuseToLeave();
        Assert.Equal(7, test.Read(0, 1)![0]);
    }

    [Fact]
    public void A_pin_whose_thread_has_ended_keeps_nobody_waiting_and_anybody_may_unpin_it()
    {
        using var test = new CachingFixture(pages: 2);
        CachingFixture.Held left = default;
        RunAndEnd(() => left = test.Pin(Start, PIN_WAIT | PIN_EXCLUSIVE)!.Value);

        // A purge would wait for ever, and so would another pin.
        Assert.False(test.Purge());
        var pinned = test.Pin(Start, PIN_WAIT | PIN_EXCLUSIVE)!.Value;
        CcUnpinData(pinned.Bcb);
        CcUnpinData(left.Bcb);
        Assert.Throws<NtStatusException>(() => CcUnpinData(left.Bcb));
        Assert.True(test.Purge());
    }

    [Fact]
    public void In_checked_mode_a_pin_that_meets_one_of_a_thread_that_has_ended_is_an_error()
    {
        using var test = new CachingFixture(pages: 2);
        CachingFixture.Held left = default;
        RunAndEnd(() => left = test.Pin(Start, PIN_WAIT)!.Value);
        NtRules.Checked(() => Assert.Equal(
            NTSTATUS.STATUS_ABANDONED,
            Assert.Throws<NtPreconditionException>(() => test.Pin(Start, PIN_WAIT)).Status));
        CcUnpinData(left.Bcb);
    }

    [Fact]
    public void A_pin_of_a_thread_that_lives_is_still_its_own()
    {
        using var test = new CachingFixture(pages: 2);
        var mine = test.Pin(Start, PIN_WAIT)!.Value;
        RunAndEnd(() => Assert.Equal(
            NTSTATUS.STATUS_RESOURCE_NOT_OWNED,
            Assert.Throws<NtStatusException>(() => CcUnpinData(mine.Bcb)).Status));
        CcUnpinData(mine.Bcb);
    }

    private static void RunAndEnd(Action work)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception error)
            {
                thrown = error;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(thrown);
    }
}
