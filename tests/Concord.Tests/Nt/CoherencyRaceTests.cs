using Concord.Nt;
using Concord.Scheduling;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>CcCoherencyFlushAndPurgeCache while others are at the same pages.</summary>
public sealed class CoherencyRaceTests
{
    [Fact]
    [Row(9)]
    public void When_it_returns_no_store_call_is_under_way()
    {
        using var test = new CoherencyFixture(pages: 4);
        using var writing = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var services = test.File.Services;
        test.WritePage(1, 7);
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write) return;
            writing.Set();
            release.Wait();
        };
        var lazy = new Thread(() => SyncCompletion.Result(
            services.WriteBack.WriteAsync(Pages.Range(0, 4), CallMode.Blocking, CancellationToken.None)));
        lazy.Start();
        writing.Wait(TestContext.Current.CancellationToken);

        // The page is being written by somebody else, and no longer dirty: the call has to wait for that write, which
        // ends when the call is under way and not before.
        var sharer = new TestSharer { OnCollect = _ => release.Set() };
        services.AddSharer(sharer);
        (NTSTATUS Status, int InFlight, byte Stored) seen = default;
        var caller = new Thread(() =>
        {
            var result = test.CallWhole();
            seen = (result.Status, test.Store.InFlight, test.StorePage(1)[0]);
        });
        caller.Start();
        caller.Join();
        lazy.Join();
        services.RemoveSharer(sharer);

        Assert.Equal((STATUS_SUCCESS, 0, (byte)7), seen);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(int.MaxValue, true)]
    [Row(26)]
    public void A_page_that_a_sharer_writes_between_the_phases_is_written_again_or_kept(int times, bool stays)
    {
        using var test = new CoherencyFixture(pages: 4);
        var services = test.File.Services;
        var sharer = new TestSharer();
        byte last = 7;
        sharer.OnInvalidate = _ =>
        {
            if (sharer.Invalidations <= times) TestSharer.WriteDown(services, Pages.Bytes, [++last]);
            return [];
        };
        services.AddSharer(sharer);
        test.WritePage(1, last);

        var result = test.Call(Pages.Range(1));

        services.RemoveSharer(sharer);
        Assert.Equal(stays ? STATUS_CACHE_PAGE_LOCKED : STATUS_SUCCESS, result.Status);
        Assert.Equal(stays, Pages.IsDirty(services.State, 1));
        Assert.Equal(last, Pages.Read(test.File, Pages.Range(1))[0]);
        Assert.Equal(STATUS_SUCCESS, test.CallWhole().Status);
        Assert.Equal(last, test.StorePage(1)[0]);
    }

    [Fact]
    [Row(26)]
    public void A_page_that_a_sharer_cannot_drop_stays_and_is_reported()
    {
        using var test = new CoherencyFixture(pages: 4);
        var sharer = new TestSharer { OnInvalidate = static _ => [new LeftRange(Pages.Range(2), LeftReason.View)] };
        test.File.Services.AddSharer(sharer);
        Pages.Read(test.File, Pages.Range(0, 4));

        CoherencyFixture.AssertIs(STATUS_CACHE_PAGE_LOCKED, 4 * Pages.Bytes, test.CallWhole());

        test.File.Services.RemoveSharer(sharer);
        Assert.True(Pages.IsResident(test.File.State, 2));
        Assert.False(Pages.IsResident(test.File.State, 1));
    }

    [Fact]
    [Row(27, 28)]
    public void Memory_handed_out_stays_where_it_is_and_goes_with_the_call_after_its_end()
    {
        using var test = new CoherencyFixture(pages: 4);
        using (var lease = test.File.Lease(Pages.Range(1), LeaseAccess.Write))
        {
            ref byte first = ref lease.WritableSpan[0];
            first = 7;
            Assert.Equal(STATUS_CACHE_PAGE_LOCKED, test.CallWhole().Status);
            Assert.Equal(7, test.StorePage(1)[0]);

            // The same memory, still the file's.
            Assert.True(System.Runtime.CompilerServices.Unsafe.AreSame(ref first, ref lease.WritableSpan[0]));
            first = 8;
            Assert.Equal(8, Pages.Read(test.File, Pages.Range(1))[0]);
        }

        Assert.Equal(STATUS_SUCCESS, test.CallWhole().Status);
        Assert.Equal(8, test.StorePage(1)[0]);
        Assert.False(Pages.IsResident(test.File.State, 1));
    }

    [Fact]
    [Row(9)]
    public void Two_threads_that_call_at_once_both_return()
    {
        using var test = new CoherencyFixture(pages: 64, capacityPages: 128);
        var threads = Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                test.WritePage((number * 16) + (i % 16), (byte)i);
                test.CallWhole(0, i % 2 == 0 ? CC_FLUSH_AND_PURGE_NO_PURGE : 0);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(0, test.Store.InFlight);
        Assert.Equal(199, test.StorePage(7)[0]);
    }
}
