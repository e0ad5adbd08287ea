namespace Concord.Tests.Caching;

/// <summary>
/// Leases at once or not at all, leases that begin to write in place, and what views keep from a discard.
/// </summary>
public sealed class TryLeaseTests
{
    [Fact]
    public void Absent_pages_are_not_leased_and_come_in_by_themselves()
    {
        using var test = new CachedFixture(Pages.Of(1, 80), capacityPages: 256);
        Assert.False(test.File.TryLease(Pages.Range(60, 10), LeaseAccess.Read, out var lease));
        Assert.Null(lease);

        // A reader that joins the load knows when it has ended.
        Pages.Read(test.File, Pages.Range(60, 10));
        Assert.True(test.File.TryLease(Pages.Range(60, 10), LeaseAccess.Write, out lease));
        lease.WritableSpan[5] = 7;
        lease.Dispose();
        Assert.Equal(7, Pages.Read(test.File, Pages.Range(60))[5]);
    }

    [Fact]
    public void A_lease_in_the_way_or_somebody_who_has_the_file_means_no_and_the_holder_may()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        using (test.File.Lease(Pages.Range(2), LeaseAccess.Exclusive))
        {
            Assert.False(test.File.TryLease(Pages.Range(1, 2), LeaseAccess.Read, out _));
            Assert.True(test.File.TryLease(Pages.Range(0, 2), LeaseAccess.Read, out var beside));
            beside.Dispose();
        }

        using (var hold = test.File.AcquireExclusive())
        {
            Assert.False(test.File.TryLease(Pages.Range(0), LeaseAccess.Read, out _));
            Assert.True(hold.TryLease(Pages.Range(0), LeaseAccess.Read, out var mine));
            mine.Dispose();
        }

        Assert.Throws<ArgumentOutOfRangeException>(
            () => test.File.TryLease(Pages.Range(0), LeaseAccess.Exclusive, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => test.File.TryLease(Pages.Range(4), LeaseAccess.Read, out _));
    }

    [Fact]
    public void A_lease_that_begins_to_write_is_one_for_writing_from_then_on()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using (var lease = test.File.Lease(Pages.Range(1)))
        {
            Assert.Equal(CoherencyStatus.Success, test.File.FlushAndPurge(CoherencyOptions.NoPurge).Status);
            Assert.Throws<InvalidOperationException>(() => lease.WritableSpan[0] = 7);
            lease.BeginWriting();
            lease.BeginWriting();
            lease.WritableSpan[0] = 7;
            Assert.Equal(CoherencyStatus.CachePageLocked, test.File.FlushAndPurge(CoherencyOptions.NoPurge).Status);
            Assert.Equal(7, test.Store.Content[Pages.Bytes]);
            lease.WritableSpan[0] = 8;
        }

        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Equal(CoherencyStatus.Success, test.File.FlushAndPurge().Status);
        Assert.Equal(8, test.Store.Content[Pages.Bytes]);
    }

    [Fact]
    public void A_discard_keeps_what_a_view_shows_and_only_that()
    {
        using var test = new CachedFixture(Pages.Of(1, 70), capacityPages: 256);
        var view = new TestSharer { IsUserView = true, Shown = static range => range.Overlaps(Pages.Range(65)) };
        test.File.Services.AddSharer(view);
        test.File.Write(0, Pages.Of(7, 70));
        Assert.False(test.File.Discard(new ByteRange(0, long.MaxValue)));
        Assert.True(Pages.IsDirty(test.File.State, 65));
        Assert.Equal([.. Pages.Of(1), .. Pages.Of(7), .. Pages.Of(1)], Pages.Read(test.File, Pages.Range(64, 3)));
        test.File.Services.RemoveSharer(view);
        Assert.True(test.File.Discard(new ByteRange(0, long.MaxValue)));
    }
}
