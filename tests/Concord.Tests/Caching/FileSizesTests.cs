using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>
/// The sizes of a file, whoever changes them: the valid length never passes the length, nor sinks by a write.
/// </summary>
public sealed class FileSizesTests
{
    [Fact]
    public void A_write_makes_the_file_longer_and_never_shorter()
    {
        var sizes = new FileSizes(1000);
        sizes.SetLength(5000);
        sizes.WroteUpTo(2000);
        Assert.Equal((5000, 2000), (sizes.Length, sizes.ValidLength));
        sizes.WroteUpTo(6000);
        Assert.Equal((6000, 6000), (sizes.Length, sizes.ValidLength));
        sizes.WroteUpTo(10);
        Assert.Equal((6000, 6000), (sizes.Length, sizes.ValidLength));
    }

    [Fact]
    public void What_a_view_writes_is_valid_as_far_as_the_file_reaches_and_no_further()
    {
        var sizes = new FileSizes(1000);
        sizes.ViewWroteUpTo(4096);
        Assert.Equal((1000, 1000), (sizes.Length, sizes.ValidLength));
        sizes.SetLength(9000);
        Assert.Equal(1000, sizes.ValidLength);
        sizes.ViewWroteUpTo(8192);
        Assert.Equal((9000, 8192), (sizes.Length, sizes.ValidLength));
        sizes.ViewWroteUpTo(4096);
        Assert.Equal(8192, sizes.ValidLength);
    }

    [Fact]
    public void A_cut_takes_the_valid_length_along()
    {
        var sizes = new FileSizes(9000);
        sizes.SetLength(100);
        sizes.SetLength(9000);
        Assert.Equal((9000, 100, 9000), (sizes.Length, sizes.ValidLength, sizes.StoreLength));
    }

    [Fact]
    public void The_owners_valid_length_lowers_only_where_nothing_came_through_the_cache()
    {
        var sizes = new FileSizes(9000);
        sizes.SetValid(100, mayLower: false);
        Assert.Equal(9000, sizes.ValidLength);
        sizes.SetValid(100, mayLower: true);
        Assert.Equal(100, sizes.ValidLength);
        sizes.SetValid(20_000, mayLower: false);
        Assert.Equal(9000, sizes.ValidLength);
    }

    [Fact]
    public void A_failed_barrier_lowers_the_stores_length_to_what_a_good_one_covered()
    {
        var sizes = new FileSizes(1000);
        sizes.StoredUpTo(3000);
        sizes.StoredUpTo(500);
        Assert.Equal(3000, sizes.StoreLength);
        sizes.BarrierCovered(2000);
        sizes.BarrierFailed();
        Assert.Equal(2000, sizes.StoreLength);
        sizes.SetLength(7000);
        sizes.BarrierFailed();
        Assert.Equal(2000, sizes.StoreLength);
        sizes.SetLength(600);
        sizes.BarrierFailed();
        Assert.Equal(600, sizes.StoreLength);
        sizes.StoredUpTo(900);
        sizes.BarrierFailed();
        Assert.Equal(600, sizes.StoreLength);
    }

    [Fact]
    public void A_length_that_was_changed_meanwhile_is_not_overwritten_by_the_stores()
    {
        var sizes = new FileSizes(1000);
        Assert.False(sizes.TryAgree(before: 999, length: 500, stored: 500));
        Assert.Equal((1000, 1000), (sizes.Length, sizes.StoreLength));
        Assert.True(sizes.TryAgree(before: 1000, length: 4000, stored: 4000));
        Assert.Equal((4000, 4000, 4000), (sizes.Length, sizes.ValidLength, sizes.StoreLength));
    }

    [Fact]
    public void One_thread_appends_by_its_mark_until_it_is_stopped()
    {
        var sizes = new FileSizes(1000);
        AppendMark one = new(), other = new();
        Assert.False(sizes.TryBeginAppending(one, 999));
        Assert.True(sizes.TryBeginAppending(one, 1000));
        Assert.False(sizes.TryBeginAppending(other, 1000));
        Assert.True(one.TryRaise(1500));
        Assert.Equal((1500, 1500), (sizes.Length, sizes.ValidLength));

        // Somebody else makes the file longer meanwhile: the longer end holds.
        sizes.WroteUpTo(3000);
        Assert.True(one.TryRaise(1600));
        Assert.Equal((3000, 3000), (sizes.Length, sizes.ValidLength));
        Assert.True(sizes.TryBeginAppending(one, 3000));
        Assert.True(one.TryRaise(3001));
        sizes.StopAppending();
        Assert.False(one.TryRaise(3002));
        Assert.Equal((3002, 3002), (sizes.Length, sizes.ValidLength));
        Assert.False(sizes.TryBeginAppending(other, 3002));
        sizes.EndAppending();
        sizes.SetLength(100);
        Assert.Equal((100, 100), (sizes.Length, sizes.ValidLength));
        sizes.AllowAppending();
        Assert.True(sizes.TryBeginAppending(other, 100));
        Assert.True(other.TryRaise(101));
        Assert.Equal((101, 101), (sizes.Length, sizes.ValidLength));
    }

    [Fact]
    public void What_a_view_writes_is_valid_as_far_as_was_appended()
    {
        var sizes = new FileSizes(1000);
        var mark = new AppendMark();
        Assert.True(sizes.TryBeginAppending(mark, 1000));
        mark.TryRaise(1500);
        sizes.ViewWroteUpTo(4096);
        Assert.Equal((1500, 1500), (sizes.Length, sizes.ValidLength));
    }

    [Fact]
    public void Nobody_appends_by_a_mark_where_bytes_before_it_were_never_written()
    {
        var sizes = new FileSizes(1000);
        sizes.SetLength(2000);
        Assert.False(sizes.TryBeginAppending(new AppendMark(), 2000));
        Assert.False(sizes.TryBeginAppending(new AppendMark(), 1000));
    }
}
