using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>CcFlushCache.</summary>
public sealed unsafe class FlushTests
{
    [Fact]
    [Row(46)]
    public void It_tells_the_length_of_its_range_and_keeps_the_pages()
    {
        using var test = new CachingFixture(pages: 8);
        test.Write(0, Pages.Of(7, 8));
        foreach (var range in (ByteRange[])[new(0, 1), new(100, 5000), Pages.Range(2, 3), Pages.Range(0, 8)])
        {
            CoherencyFixture.AssertIs(STATUS_SUCCESS, range.Length, test.Flush(range));
            Assert.Equal(Pages.Of(7, 8)[..(int)range.Length],
                test.Store.Content.AsSpan((int)range.Offset, (int)range.Length));
        }

        Assert.True(Pages.IsResident(test.File.State, 4));
    }

    [Fact]
    [Row(47)]
    public void It_works_without_an_offset_and_without_a_result()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7, 4));
        CcFlushCache(test.Pointers, null, 0, null);
        Assert.Equal(Pages.Of(7, 4), test.Store.Content);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.FlushAll());
    }

    [Fact]
    [Row(48)]
    public void When_a_write_fails_it_tells_what_is_in_the_store_and_the_rest_stays_dirty()
    {
        using var test = new CachingFixture(pages: 8);
        foreach (int page in (int[])[0, 2, 4, 6]) test.Write(page * Pages.Bytes, Pages.Of(7));
        test.Store.Fails = call => call.Kind == StoreCallKind.Write && call.Range.Overlaps(Pages.Range(4))
            ? new IOException("planted", 5) : null;
        CoherencyFixture.AssertIs(STATUS_IO_DEVICE_ERROR, 5 * Pages.Bytes, test.Flush(Pages.Range(2, 6)));
        Assert.True(Pages.IsDirty(test.File.State, 4) && Pages.IsDirty(test.File.State, 0));
        Assert.False(Pages.IsDirty(test.File.State, 2) || Pages.IsDirty(test.File.State, 6));
    }

    [Theory]
    [InlineData(62)]
    [InlineData(512)]
    [InlineData(1004)]
    [Row(49)]
    public void A_small_file_is_flushed_in_one_write_of_its_page(int length)
    {
        using var test = new CachingFixture(pages: 0);
        byte[] bytes = Pages.Pattern(length, seed: 49);
        test.Write(0, bytes);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal([new StoreCall(StoreCallKind.Write, 0, length)], test.Store.Writes);
    }

    [Fact]
    [Row(50)]
    public void A_section_without_a_cache_map_is_flushed()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        test.Inner.WritePage(1, 7);
        Assert.True(test.Pointers->DataSectionObject is not null && test.Pointers->SharedCacheMap is null);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, Pages.Bytes, test.Flush(Pages.Range(1)));
        Assert.Equal(Pages.Of(7), test.Inner.StorePage(1));
    }

    [Fact]
    [Row(51)]
    public void Two_threads_that_flush_one_file_at_once_both_return()
    {
        using var test = new CachingFixture(pages: 32);
        using var barrier = new Barrier(2);
        var threads = Enumerable.Range(0, 2).Select(number => new Thread(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                test.Write(((i * 2) + number) % 32 * Pages.Bytes, Pages.Of((byte)i));
                barrier.SignalAndWait();
                if (i % 3 == 0) test.Nt.AcquireExclusive();
                _ = test.FlushAll();
                if (i % 3 == 0) test.Nt.Release();
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);
    }

    [Fact]
    public void Nothing_to_flush_is_a_success_without_IO_and_no_range_an_invalid_parameter()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7));
        test.Store.ForgetCalls();
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 0, test.Flush(new ByteRange(0, 0)));
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 0, test.Flush(Pages.Range(9)));
        IO_STATUS_BLOCK status;
        var start = new LARGE_INTEGER { QuadPart = long.MaxValue };
        CcFlushCache(test.Pointers, &start, 1, &status);
        Assert.Equal(STATUS_INVALID_PARAMETER, status.Status);
        CcFlushCache(null, null, 0, &status);
        Assert.Equal(STATUS_INVALID_PARAMETER, status.Status);
        using (Irql.Raise(Irql.DispatchLevel)) CcFlushCache(test.Pointers, null, 0, &status);
        Assert.Equal(STATUS_CANT_WAIT, status.Status);
        NtRules.Checked(() => Assert.Throws<NtPreconditionException>(() => CcFlushCache(null, null, 0, null)));
        Assert.Equal(0, test.Store.CallCount);
    }

    [Fact]
    public void It_works_on_any_cache()
    {
        using var nt = NtFile.From(new OtherCacheFile());
        IO_STATUS_BLOCK status;
        CcFlushCache(nt.SectionObjectPointer, null, 0, &status);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 12, status);
    }
}
