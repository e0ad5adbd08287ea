using System.Collections.Concurrent;
using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>Mappings and pins between the end of the file and its allocation size.</summary>
public sealed unsafe class ZeroPageTests
{
    private const long View = VACB_MAPPING_GRANULARITY;
    private static readonly int Length = (2 * Pages.Bytes) + 100;

    private static readonly ByteRange Behind = Pages.Range(3, 2);

    [Fact]
    [Row(84)]
    public void Up_to_the_allocation_size_there_are_zeros_with_wait_and_beyond_it_nothing()
    {
        using var test = Allocated(View + (2 * Pages.Bytes));
        Assert.Null(test.Map(Behind, flags: 0));
        Assert.Null(test.Map(Behind, MAP_WAIT | MAP_NO_READ));
        var zeros = test.Map(Behind)!.Value;
        AssertZeros(zeros.Buffer, (int)Behind.Length);

        // What is there needs no wait.
        CcUnpinData(test.Map(Pages.Range(4), flags: 0)!.Value.Bcb);
        Assert.Null(test.Map(Pages.Range(4, 2), flags: 0));
        CcUnpinData(zeros.Bcb);
        Assert.Null(test.Map(Behind, flags: 0));

        // A view that begins behind the end is one too, up to the allocation size's last page.
        var far = test.Pin(new ByteRange(View + 10, 100), PIN_WAIT)!.Value;
        AssertZeros(far.Buffer, 100);
        CcUnpinData(far.Bcb);
        var beyond = new ByteRange(View + Pages.Bytes, 2 * Pages.Bytes);
        Assert.Equal(STATUS_END_OF_FILE, Raised(() => test.Map(beyond)));
        Assert.Null(test.Map(beyond, flags: 0));
        Assert.Equal(STATUS_ACCESS_VIOLATION, Raised(() => test.Map(new ByteRange(2 * View, 1))));
        Assert.Equal((Length, 0), (test.File.Length, test.Store.Writes.Count));
    }

    [Fact]
    [Row(84)]
    [Row(85)]
    public void A_range_over_the_end_is_in_one_piece_with_the_files_bytes_before_it()
    {
        using var test = Allocated(6 * Pages.Bytes);
        var file = test.Map(new ByteRange(0, Length))!.Value;
        var over = test.Map(ByteRange.FromBounds(Length - 10, 5 * Pages.Bytes))!.Value;
        Assert.True(over.Bcb == file.Bcb && (byte*)over.Buffer == (byte*)file.Buffer + Length - 10);
        Assert.Equal(1, ((byte*)over.Buffer)[9]);
        AssertZeros((byte*)over.Buffer + 10, (5 * Pages.Bytes) - Length);

        // The rest of the last page is there wherever the page is.
        var rest = test.Pin(new ByteRange(Length + 50, 100), flags: 0)!.Value;
        Assert.True((byte*)rest.Buffer == (byte*)file.Buffer + Length + 50);
        foreach (var held in (CachingFixture.Held[])[rest, over, file]) CcUnpinData(held.Bcb);
        Assert.True(test.Purge());
    }

    [Fact]
    [Row(69, 70, 84)]
    public void When_the_file_grows_over_a_mapping_it_shows_the_files_bytes_and_keeps_nobody_waiting()
    {
        using var test = Allocated(6 * Pages.Bytes);
        var zeros = test.Map(Pages.Range(2, 4))!.Value;
        test.SetSizes(4 * Pages.Bytes, allocation: 6 * Pages.Bytes);
        Assert.Equal(new byte[10], test.Read(3 * Pages.Bytes, 10));
        Assert.True(test.Write(3 * Pages.Bytes, [7, 8]));
        Assert.Equal((7, 8), (((byte*)zeros.Buffer)[Pages.Bytes], ((byte*)zeros.Buffer)[Pages.Bytes + 1]));

        // A write that makes the file longer itself does not wait either.
        Assert.True(test.Write((4 * Pages.Bytes) + 5, [9]));
        Assert.Equal(9, ((byte*)zeros.Buffer)[(2 * Pages.Bytes) + 5]);
        AssertZeros((byte*)zeros.Buffer + (3 * Pages.Bytes), Pages.Bytes);
        CcUnpinData(zeros.Bcb);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal((7, 9), (test.Store.Content[3 * Pages.Bytes], test.Store.Content[(4 * Pages.Bytes) + 5]));
        Assert.Equal((4 * Pages.Bytes) + 6, test.Store.Content.Length);
    }

    [Fact]
    public void What_a_dirty_pin_wrote_behind_the_end_is_the_files_when_it_grows_and_nobodys_when_it_does_not()
    {
        using var test = Allocated(6 * Pages.Bytes);
        var pin = test.Pin(Pages.Range(3, 2), PIN_WAIT)!.Value;
        CcSetDirtyPinnedData(pin.Bcb, null);
        new Span<byte>(pin.Buffer, 2 * Pages.Bytes).Fill(5);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal((Length, Length), (test.File.Length, test.Store.Content.Length));

        // Over the first of its pages and a part of the second; the rest is kept for the next time.
        test.SetSizes((4 * Pages.Bytes) + 10, allocation: 6 * Pages.Bytes);
        Assert.Equal(Pages.Of(5), test.Read(3 * Pages.Bytes, Pages.Bytes));
        test.SetSizes(5 * Pages.Bytes, allocation: 6 * Pages.Bytes);
        new Span<byte>(pin.Buffer, 10).Fill(6);
        CcUnpinData(pin.Bcb);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal((6, 5), (test.Store.Content[3 * Pages.Bytes], test.Store.Content[(3 * Pages.Bytes) + 10]));
        Assert.Equal(5, test.Store.Content[(4 * Pages.Bytes) + 9]);

        // Nobody's: the file did not grow.
        var last = test.Pin(Pages.Range(5), PIN_WAIT)!.Value;
        CcSetDirtyPinnedData(last.Bcb, null);
        new Span<byte>(last.Buffer, Pages.Bytes).Fill(4);
        CcUnpinData(last.Bcb);
        test.SetSizes(6 * Pages.Bytes);
        Assert.Equal(Pages.Of(0), test.Read(5 * Pages.Bytes, Pages.Bytes));
    }

    [Fact]
    public void A_write_over_what_a_dirty_pin_wrote_behind_the_end_is_the_newer_one()
    {
        using var test = Allocated(6 * Pages.Bytes);
        var pin = test.Pin(Pages.Range(3), PIN_WAIT)!.Value;
        CcSetDirtyPinnedData(pin.Bcb, null);
        new Span<byte>(pin.Buffer, Pages.Bytes).Fill(5);
        Assert.True(test.Write((3 * Pages.Bytes) + 1, [7, 7]));
        CcUnpinData(pin.Bcb);
        Assert.Equal([5, 7, 7], test.Read(3 * Pages.Bytes, 10)!);
    }

    [Fact]
    public void A_mapping_behind_the_end_is_a_locked_page_until_it_is_unpinned()
    {
        using var test = Allocated(6 * Pages.Bytes);
        var zeros = test.Map(Behind)!.Value;
        test.Nt.AcquireExclusive();
        Assert.Equal(STATUS_SUCCESS, CoherencyFixture.Raw(test.Pointers, null, 0, CC_FLUSH_AND_PURGE_NO_PURGE).Status);
        test.Nt.Release();
        Assert.False(test.Purge());
        CcUnpinData(zeros.Bcb);
        Assert.True(test.Purge());
    }

    [Fact]
    public void Many_threads_share_the_pages_behind_the_end_while_the_file_grows_over_them()
    {
        using var test = Allocated(40 * Pages.Bytes);
        var seen = new ConcurrentBag<byte>();
        var threads = Enumerable.Range(0, 8).Select(number => new Thread(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                var range = Pages.Range(3 + ((i + number) % 30), 3);
                var held = (i & 1) == 0 ? test.Map(range)!.Value : test.Pin(range, PIN_WAIT)!.Value;
                seen.Add(*(byte*)held.Buffer);
                CcUnpinData(held.Bcb);
            }
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        for (int page = 3; page < 33; page++)
        {
            test.SetSizes((page + 1) * Pages.Bytes, allocation: 40 * Pages.Bytes);
            Assert.True(test.Write(page * Pages.Bytes, Pages.Of(3)));
        }

        threads.ForEach(static thread => thread.Join());
        Assert.DoesNotContain(seen, static value => value is not (0 or 3));
        Assert.Equal(Pages.Of(3, 30), test.Read(3 * Pages.Bytes, 30 * Pages.Bytes));
    }

    [Fact]
    public void A_file_that_has_views_has_zeros_behind_its_end_too()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 2));
        using var nt = NtFile.From(fixture.File);
        using var view = fixture.Map(ViewAccess.ReadWrite, first: 0, count: 2);
        var sizes = CachingFixture.Sizes(2 * Pages.Bytes, allocation: 6 * Pages.Bytes);
        CcInitializeCacheMap(nt.FileObject, &sizes, true, null, null);
        void* bcb, buffer;
        var start = new LARGE_INTEGER { QuadPart = 3 * Pages.Bytes };
        Assert.True(CcPinRead(nt.FileObject, &start, (uint)Pages.Bytes, PIN_WAIT, &bcb, &buffer));
        AssertZeros(buffer, Pages.Bytes);
        CcSetDirtyPinnedData(bcb, null);
        ((byte*)buffer)[1] = 9;
        sizes = CachingFixture.Sizes(4 * Pages.Bytes, allocation: 6 * Pages.Bytes);
        CcSetFileSizes(nt.FileObject, &sizes);
        CcUnpinData(bcb);
        byte[] seen = new byte[2];
        Assert.Equal(2, fixture.File.Read(3 * Pages.Bytes, seen));
        Assert.Equal([0, 9], seen);
        CcUninitializeCacheMap(nt.FileObject, null, null);
    }

    private static CachingFixture Allocated(long allocation)
    {
        var test = new CachingFixture(pages: 3);
        test.SetSizes(Length, allocation: allocation);
        return test;
    }

    private static void AssertZeros(void* buffer, int count) =>
        Assert.False(new ReadOnlySpan<byte>(buffer, count).ContainsAnyExcept((byte)0));

    private static NTSTATUS Raised(Func<CachingFixture.Held?> call) =>
        Assert.Throws<NtStatusException>(() => { _ = call(); }).Status;
}
