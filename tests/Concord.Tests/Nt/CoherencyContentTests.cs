using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>What CcCoherencyFlushAndPurgeCache does to pages, on Concord's cache.</summary>
public sealed class CoherencyContentTests
{
    [Fact]
    [Row(1)]
    public void A_dirty_page_is_in_the_store_and_durable_when_it_returns()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        Assert.Empty(test.Store.Writes);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, Pages.Bytes, test.Call(Pages.Range(1)));

        Assert.Equal(Pages.Of(7), test.StorePage(1));
        Assert.Single(test.Store.Barriers);
    }

    [Fact]
    [Row(2)]
    public void Clean_and_dirty_pages_are_read_anew_afterwards()
    {
        using var test = new CoherencyFixture(pages: 4);
        Pages.Read(test.File, Pages.Range(0));
        test.WritePage(1, 7);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 2 * Pages.Bytes, test.Call(Pages.Range(0, 2)));
        test.Store.Put(0, Pages.Of(8));
        test.Store.Put(Pages.Bytes, Pages.Of(9));
        test.Store.ForgetCalls();

        Assert.Equal([.. Pages.Of(8), .. Pages.Of(9)], Pages.Read(test.File, Pages.Range(0, 2)));
        Assert.NotEmpty(test.Store.Reads);
    }

    [Fact]
    [Row(3)]
    public void With_NO_PURGE_it_is_written_and_stays()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(2, 7);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, Pages.Bytes, test.Call(Pages.Range(2), CC_FLUSH_AND_PURGE_NO_PURGE));

        Assert.Equal(Pages.Of(7), test.StorePage(2));
        test.Store.ForgetCalls();
        Assert.Equal(Pages.Of(7), Pages.Read(test.File, Pages.Range(2)));
        Assert.Equal(0, test.Store.CallCount);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    [Row(4)]
    public void Without_an_offset_it_treats_the_whole_file_whatever_the_length(uint length)
    {
        using var test = new CoherencyFixture(pages: 200, capacityPages: 256);
        foreach (long page in (long[])[0, 63, 64, 130, 199]) test.WritePage(page, 7);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, 200 * Pages.Bytes, test.CallWhole(length));

        foreach (long page in (long[])[0, 63, 64, 130, 199])
        {
            Assert.Equal(Pages.Of(7), test.StorePage(page));
            Assert.False(Pages.IsResident(test.File.State, page));
        }
    }

    [Theory]
    [InlineData(LeaseAccess.Read, 0u, false)]
    [InlineData(LeaseAccess.Write, 0u, true)]
    [InlineData(LeaseAccess.Write, CC_FLUSH_AND_PURGE_NO_PURGE, true)]
    [Row(7, 8)]
    public void A_page_under_a_lease_is_written_as_it_stands_and_reported_as_locked(
        LeaseAccess access, uint flags, bool writes)
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        using (var lease = test.File.Lease(Pages.Range(1), access))
        {
            if (writes) lease.WritableSpan[5] = 8;

            var result = test.Call(Pages.Range(0, 4), flags);

            Assert.Equal(STATUS_CACHE_PAGE_LOCKED, result.Status);
            Assert.True(NT_SUCCESS(result.Status));
            Assert.Equal(4u * (uint)Pages.Bytes, (uint)result.Information);
            Assert.Equal(lease.Span, test.StorePage(1));
            Assert.True(Pages.IsResident(test.File.State, 1));
        }
    }

    [Fact]
    [Row(8)]
    public void With_NO_PURGE_a_page_that_is_only_read_under_a_lease_is_no_matter()
    {
        using var test = new CoherencyFixture(pages: 4);
        using var lease = test.File.Lease(Pages.Range(1));
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.CallWhole(0, CC_FLUSH_AND_PURGE_NO_PURGE));
    }

    [Fact]
    [Row(12)]
    public void With_VIEWS_NOTSEEN_the_bytes_end_the_same_and_no_view_is_bothered()
    {
        using var test = new CoherencyFixture(pages: 4);
        var view = new TestSharer { IsUserView = true };
        test.File.Services.AddSharer(view);
        test.WritePage(1, 7);

        CoherencyFixture.AssertIs(
            STATUS_SUCCESS, Pages.Bytes, test.Call(Pages.Range(1), CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN));

        Assert.Equal(Pages.Of(7), test.StorePage(1));
        Assert.False(Pages.IsResident(test.File.State, 1));
        Assert.Equal((0, 0), (view.Collections, view.Invalidations));
        Assert.Equal(0, test.File.State.BrokenPromises);
        test.File.Services.RemoveSharer(view);
    }

    [Fact]
    [Row(12)]
    public void With_VIEWS_NOTSEEN_and_a_view_that_can_write_the_flag_is_ignored_and_counted()
    {
        using var test = new CoherencyFixture(pages: 4);
        Pages.Read(test.File, Pages.Range(0));
        var view = new TestSharer { IsUserView = true, Writes = range => range.Overlaps(Pages.Range(1)) };
        view.OnCollect = _ =>
        {
            if (view.Collections == 1) TestSharer.WriteDown(test.File.Services, Pages.Bytes, [9]);
        };
        test.File.Services.AddSharer(view);

        CoherencyFixture.AssertIs(
            STATUS_SUCCESS, Pages.Bytes, test.Call(Pages.Range(1), CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN));

        Assert.Equal(9, test.StorePage(1)[0]);
        Assert.Equal(1, view.Invalidations);
        Assert.True(test.File.State.BrokenPromises > 0);
        test.File.Services.RemoveSharer(view);
    }

    [Fact]
    [Row(16)]
    public void A_dirty_page_outside_the_range_is_neither_written_nor_dropped()
    {
        using var test = new CoherencyFixture(pages: 4);
        for (byte page = 0; page < 4; page++) test.WritePage(page, 7);

        test.Call(Pages.Range(1, 2));

        Assert.Equal([Pages.Range(1, 2)], test.Store.Writes.Select(call => call.Range));
        Assert.True(Pages.IsDirty(test.File.State, 0) && Pages.IsDirty(test.File.State, 3));
        Assert.Equal(Pages.Of(1), test.StorePage(0));
    }

    [Fact]
    [Row(20)]
    public void A_range_inside_one_page_takes_the_whole_page_and_loses_nothing_of_it()
    {
        using var test = new CoherencyFixture(pages: 2);
        byte[] bytes = Pages.Pattern(Pages.Bytes, seed: 20);
        test.File.Write(0, bytes);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, 10, test.Call(100, 10));

        Assert.Equal([Pages.Range(0)], test.Store.Writes.Select(call => call.Range));
        Assert.Equal(bytes, test.StorePage(0));
        Assert.False(Pages.IsResident(test.File.State, 0));
        Assert.Equal(bytes, Pages.Read(test.File, Pages.Range(0)));
    }

    [Theory]
    [InlineData(4, 1u)]
    [InlineData(4, 0u)]
    [InlineData(1L << 40, uint.MaxValue)]
    [Row(21)]
    public void A_range_that_starts_beyond_the_end_is_a_success_without_IO(long firstPage, uint length)
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(3, 7);
        test.Store.ForgetCalls();

        CoherencyFixture.AssertIs(STATUS_SUCCESS, 0, test.Call(firstPage * Pages.Bytes, length));

        Assert.Equal(0, test.Store.CallCount);
        Assert.True(Pages.IsDirty(test.File.State, 3));
    }

    [Fact]
    [Row(22)]
    public void Of_a_range_across_the_end_the_part_inside_is_treated_and_the_length_stays()
    {
        using var test = new CoherencyFixture(pages: 3);
        test.File.SetLength((2 * Pages.Bytes) + 100);
        test.WritePage(1, 7);
        test.File.Write(2 * Pages.Bytes, [8, 8, 8]);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, Pages.Bytes + 100, test.Call(Pages.Bytes, (uint)(9 * Pages.Bytes)));

        Assert.Equal((2 * Pages.Bytes) + 100, test.File.Length);
        Assert.Equal((2 * Pages.Bytes) + 100, test.Store.Content.Length);
        Assert.Equal(Pages.Of(7), test.StorePage(1));
        Assert.False(Pages.IsResident(test.File.State, 2));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(CC_FLUSH_AND_PURGE_NO_PURGE)]
    [Row(24)]
    public void With_an_offset_and_length_zero_both_phases_go_to_the_end(uint flags)
    {
        using var test = new CoherencyFixture(pages: 130, capacityPages: 256);
        for (int page = 0; page < 130; page += 10) test.WritePage(page, 7);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, 80 * Pages.Bytes, test.Call(50 * Pages.Bytes, 0, flags));

        for (int page = 0; page < 130; page += 10)
        {
            Assert.Equal(Pages.Of(page < 50 ? (byte)1 : (byte)7), test.StorePage(page));
            Assert.Equal(page < 50, Pages.IsDirty(test.File.State, page));
            Assert.Equal(page < 50 || flags != 0, Pages.IsResident(test.File.State, page));
        }
    }

    [Fact]
    [Row(25)]
    public unsafe void Without_a_data_section_it_is_a_success_without_IO()
    {
        using var test = new CoherencyFixture(pages: 4);
        Assert.True(test.Nt.SectionObjectPointer->DataSectionObject is null);

        CoherencyFixture.AssertIs(STATUS_SUCCESS, 0, test.CallWhole());
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 0, test.Call(Pages.Range(1)));

        Assert.Equal(0, test.Store.CallCount);
        Pages.Read(test.File, Pages.Range(0));
        Assert.True(test.Nt.SectionObjectPointer->DataSectionObject is not null);
        Assert.True(test.Nt.SectionObjectPointer->SharedCacheMap is null);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.CallWhole());
    }
}
