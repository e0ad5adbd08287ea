using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>CcCopyRead, CcCopyWrite and CcZeroData.</summary>
public sealed unsafe class CopyTests
{
    [Fact]
    public void A_read_of_more_than_2_GiB_gets_what_the_file_has()
    {
        using var test = new CachingFixture(pages: 4);
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes };
        byte[] bytes = new byte[3 * Pages.Bytes];
        IO_STATUS_BLOCK status;
        fixed (byte* buffer = bytes)
            Assert.True((bool)CcCopyRead(test.Object, &start, uint.MaxValue, true, buffer, &status));
        Assert.Equal(((nuint)bytes.Length, STATUS_SUCCESS), (status.Information, status.Status));
        Assert.Equal(Pages.Of(1, 3), bytes);
    }

    [Fact]
    [Row(74)]
    public void Without_wait_a_read_of_an_absent_page_is_FALSE_at_once()
    {
        using var test = new CachingFixture(pages: 4);
        using var release = new ManualResetEventSlim();
        test.Store.Before = _ => release.Wait();
        Assert.Null(test.Read(10, 20, wait: false));
        release.Set();
        Assert.Equal(Pages.Of(1)[..20], test.Read(10, 20));
        Assert.Equal(Pages.Of(1)[..20], test.Read(10, 20, wait: false));
    }

    [Fact]
    [Row(75)]
    public void A_read_that_fails_raises_the_stores_status()
    {
        using var test = new CachingFixture(pages: 4);
        test.Store.Fails = static _ => new IOException("planted", 5);
        var raised = Assert.Throws<NtStatusException>(() => test.Read(0, 1));
        Assert.Equal((STATUS_IO_DEVICE_ERROR, "CcCopyRead"), (raised.Status, raised.Routine));
        Assert.NotNull(raised.InnerException);
        test.Store.Fails = static _ => null;
        Assert.Equal([1], test.Read(0, 1));
    }

    [Theory]
    [InlineData(3, 62)]
    [InlineData(514, 1024)]
    [InlineData(9_000, 20_001)]
    [Row(76)]
    public void An_unaligned_read_gets_the_right_bytes_by_aligned_reads(int offset, int length)
    {
        using var test = new CachingFixture(pages: 16);
        byte[] content = Pages.Pattern(16 * Pages.Bytes, seed: 76);
        test.Store.Put(0, content);
        Assert.Equal(content[offset..(offset + length)], test.Read(offset, length));
        Assert.All(test.Store.Reads,
            call => Assert.True(call.Offset % Pages.Bytes == 0 && call.Length % Pages.Bytes == 0));
    }

    [Fact]
    public void What_lies_behind_the_end_is_left_out_and_refused_when_rules_are_checked()
    {
        using var test = new CachingFixture(pages: 1);
        Assert.Equal(Pages.Of(1)[..96], test.Read(Pages.Bytes - 96, 1024));
        Assert.Empty(test.Read(Pages.Bytes + 5, 10)!);
        NtRules.Checked(() => Assert.Throws<NtPreconditionException>(() => test.Read(Pages.Bytes - 96, 1024)));
    }

    [Fact]
    [Row(77)]
    public void No_bytes_from_nowhere_are_written_without_IO()
    {
        using var test = new CachingFixture(pages: 4);
        var start = new LARGE_INTEGER { QuadPart = 100 };
        Assert.True(CcCopyWrite(test.Object, &start, 0, true, null));
        Assert.True(CcCopyWrite(test.Object, &start, 0, false, null));
        Assert.Equal(0, test.Store.CallCount);
    }

    [Fact]
    [Row(78)]
    public void A_bad_buffer_raises_and_no_page_becomes_dirty()
    {
        using var test = new CachingFixture(pages: 4);
        var offset = new LARGE_INTEGER { QuadPart = 100 };
        var start = &offset;
        IO_STATUS_BLOCK block;
        var status = &block;
        Assert.Equal(STATUS_INVALID_USER_BUFFER, Raised(() => CcCopyWrite(test.Object, start, 10, true, null)));
        Assert.Equal(STATUS_INVALID_USER_BUFFER, Raised(() => CcCopyRead(test.Object, start, 10, true, null, status)));
        NtRules.Checked(() => Assert.Equal(
            STATUS_INVALID_USER_BUFFER, Raised(() => CcCopyWrite(test.Object, start, 10, true, (void*)(1 << 16)))));
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);
    }

    [Fact]
    public void Null_where_the_original_would_touch_address_0_raises_an_access_violation()
    {
        using var test = new CachingFixture(pages: 4);
        var offset = new LARGE_INTEGER { QuadPart = 100 };
        var start = &offset;
        byte value = 1;
        var one = &value;
        FILE_OBJECT other;
        var nobodys = &other;
        Assert.Equal(STATUS_ACCESS_VIOLATION, Raised(() => CcCopyWrite(null, start, 1, true, one)));
        Assert.Equal(STATUS_ACCESS_VIOLATION, Raised(() => CcCopyWrite(test.Object, null, 1, true, one)));
        Assert.Equal(STATUS_ACCESS_VIOLATION, Raised(() => CcCopyRead(test.Object, start, 1, true, one, null)));
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => CcCopyWrite(nobodys, start, 1, true, one)));
        start->QuadPart = -1;
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => CcCopyWrite(test.Object, start, 1, true, one)));
        using (Irql.Raise(Irql.DispatchLevel))
            Assert.Equal(STATUS_CANT_WAIT, Raised(() => CcCopyWrite(test.Object, start, 1, true, one)));
        Assert.Equal(1, *one);
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);
    }

    [Fact]
    public void A_handle_whose_caching_is_not_initialised_is_refused()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => test.Read(0, 1)));
        using var system = NtFile.From(new OtherCacheFile());
        var offset = default(LARGE_INTEGER);
        var start = &offset;
        byte value = 1;
        var one = &value;
        Assert.Equal(STATUS_NOT_SUPPORTED, Raised(() => CcCopyWrite(system.FileObject, start, 1, true, one)));
    }

    [Fact]
    [Row(79)]
    public void A_write_of_a_part_of_an_absent_page_reads_that_page_and_writes_none()
    {
        using var test = new CachingFixture(pages: 4);
        Assert.True(test.Write(Pages.Bytes + 10, [7]));
        Assert.Equal([Pages.Range(1)], test.Store.Reads.Select(call => call.Range));
        Assert.Empty(test.Store.Writes);
        Assert.Equal([1, 7, 1], test.Read(Pages.Bytes + 9, 3));
    }

    [Fact]
    [Row(80)]
    public void Without_wait_a_write_of_an_absent_page_is_FALSE_and_a_later_one_hits()
    {
        using var test = new CachingFixture(pages: 4);
        Assert.False(test.Write(Pages.Bytes + 10, [7], wait: false));

        // The load began by itself; a reader that joins it knows when it has ended.
        Assert.Equal([1], test.Read(Pages.Bytes, 1));
        Assert.True(test.Write(Pages.Bytes + 10, [7], wait: false));
        Assert.Single(test.Store.Reads);
        Assert.Equal([7], test.Read(Pages.Bytes + 10, 1));
    }

    [Fact]
    [Row(81, 82)]
    public void Write_through_is_FALSE_without_wait_and_in_the_store_on_return_with_it()
    {
        using var test = new CachingFixture(pages: 4);
        test.Object->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
        test.Read(0, Pages.Bytes);
        Assert.False(test.Write(10, [7], wait: false));
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);

        test.Inner.WritePage(2, 9);
        Assert.True(test.Write(10, [7]));
        Assert.Equal(7, test.Store.Content[10]);
        Assert.Single(test.Store.Barriers);
        Assert.True(Pages.IsDirty(test.File.State, 2));

        test.Store.Fails = call => call.Kind == StoreCallKind.Write ? new IOException("planted", 28) : null;
        Assert.Equal(STATUS_DISK_FULL, Raised(() => test.Write(11, [8])));
        Assert.Equal([8], test.Read(11, 1));
        Assert.True(Pages.IsDirty(test.File.State, 0));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Zeros_fill_a_range_and_nothing_else(bool isCached, bool isWriteThrough)
    {
        using var test = new CachingFixture(pages: 40, capacityPages: 256, initialises: isCached);
        if (isWriteThrough) test.Object->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
        LARGE_INTEGER first = new() { QuadPart = 100 }, beyond = new() { QuadPart = 36L * Pages.Bytes };
        LARGE_INTEGER* start = &first, end = &beyond;
        Assert.True(CcZeroData(test.Object, start, end, true));
        byte[] expected = Pages.Of(1, 40);
        expected.AsSpan(100, (36 * Pages.Bytes) - 100).Clear();
        Assert.Equal(expected, Pages.Read(test.File, Pages.Range(0, 40)));
        bool isDurable = isWriteThrough || !isCached;
        Assert.Equal(isDurable, test.Store.Content.AsSpan().SequenceEqual(expected));
        Assert.Equal(isDurable, test.Store.Barriers.Count == 1);
        Assert.Equal(!isDurable, (bool)CcZeroData(test.Object, start, end, false));

        // Behind the end there is nothing to fill, and the length is the caller's to change.
        end->QuadPart = 100L * Pages.Bytes;
        Assert.True(CcZeroData(test.Object, start, end, true));
        Assert.Equal(40 * Pages.Bytes, test.File.Length);
        start->QuadPart = end->QuadPart + 1;
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => CcZeroData(test.Object, start, end, true)));
    }

    [Fact]
    public void The_thread_that_has_the_file_goes_on_and_the_Ex_forms_do_the_same()
    {
        using var test = new CachingFixture(pages: 4);
        test.Nt.AcquireExclusive();
        var start = new LARGE_INTEGER { QuadPart = 5 };
        byte value = 7, found = 0;
        IO_STATUS_BLOCK status;
        Assert.True(CcCopyWriteEx(test.Object, &start, 1, true, &value, null));
        Assert.True(CcCopyReadEx(test.Object, &start, 1, true, &found, &status, null));
        Assert.Equal((7, 1), (found, (int)status.Information));
        test.Nt.Release();
    }

    private static NTSTATUS Raised(Action call) => Assert.Throws<NtStatusException>(call).Status;

    private static NTSTATUS Raised(Func<BOOLEAN> call) =>
        Assert.Throws<NtStatusException>(() => { _ = call(); }).Status;

    private static NTSTATUS Raised(Func<object?> call) =>
        Assert.Throws<NtStatusException>(() => { _ = call(); }).Status;
}
