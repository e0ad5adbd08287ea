using System.Runtime.InteropServices;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>CcMapData, CcPinRead and the routines around them.</summary>
public sealed unsafe class PinTests
{
    private const int View = 1 << VACB_OFFSET_SHIFT;
    private static readonly List<string> LogCalls = [];

    [Fact]
    [Row(83)]
    public void A_range_that_is_longer_than_a_view_or_lies_in_two_is_FALSE_without_wait()
    {
        using var test = new CachingFixture(pages: 256, capacityPages: 512);
        test.Read(0, 256 * Pages.Bytes);
        foreach (var range in (ByteRange[])[new(0, View + 1), new(View - 10, 20)])
        {
            Assert.Null(test.Map(range, flags: 0));
            Assert.Null(test.Pin(range, flags: 0));
            Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => test.Map(range)));
            Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => test.Pin(range, PIN_WAIT)));
        }

        CcUnpinData(test.Map(new ByteRange(View, View), flags: 0)!.Value.Bcb);
    }

    [Fact]
    [Row(84)]
    public void A_view_behind_the_end_raises_an_access_violation()
    {
        using var test = new CachingFixture(pages: 3);
        test.SetSizes((2 * Pages.Bytes) + 100);
        Assert.Equal(STATUS_ACCESS_VIOLATION, Raised(() => test.Map(new ByteRange(View, 8), flags: 0)));
        Assert.Equal(STATUS_ACCESS_VIOLATION, Raised(() => test.Pin(new ByteRange(View, 8), PIN_WAIT)));

        // In the last page behind the end there are zeros; in the pages after it there is nothing.
        var (bcb, buffer) = test.Map(Pages.Range(2))!.Value;
        Assert.Equal((1, 0), (((byte*)buffer)[99], ((byte*)buffer)[100]));
        CcUnpinData(bcb);
        Assert.Null(test.Map(Pages.Range(3), flags: 0));
        Assert.Equal(STATUS_END_OF_FILE, Raised(() => test.Map(Pages.Range(3))));
    }

    [Fact]
    public void What_is_prepared_with_IF_BCB_or_NO_READ_is_only_what_is_pinned_or_there()
    {
        using var test = new CachingFixture(pages: 2);
        void* bcb = (void*)1;
        void* buffer;
        var start = new LARGE_INTEGER();
        Assert.False(CcPreparePinWrite(test.Object, &start, 100, false, PIN_WAIT | PIN_IF_BCB, &bcb, &buffer));
        Assert.True(bcb is null);
        Assert.False(CcPreparePinWrite(test.Object, &start, 100, false, PIN_WAIT | PIN_NO_READ, &bcb, &buffer));
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);
        var pinned = test.Pin(new ByteRange(0, 100), PIN_WAIT)!.Value;
        Assert.True(CcPreparePinWrite(test.Object, &start, 100, true, PIN_WAIT | PIN_IF_BCB, &bcb, &buffer));
        Assert.True(bcb == pinned.Bcb);
        CcUnpinData(bcb);
        CcUnpinData(bcb);
    }

    [Fact]
    public void Where_nothing_is_pinned_IF_BCB_leaves_no_control_block_and_a_pin_shows_its_type_and_no_size()
    {
        using var test = new CachingFixture(pages: 2);
        void* bcb = (void*)1;
        void* buffer;
        var start = new LARGE_INTEGER();
        Assert.False(CcPinRead(test.Object, &start, 100, PIN_WAIT | PIN_IF_BCB, &bcb, &buffer));
        Assert.True(bcb is null);
        var pinned = test.Pin(new ByteRange(0, 100), PIN_WAIT)!.Value;
        Assert.Equal(PUBLIC_BCB.CACHE_NTC_BCB, ((PUBLIC_BCB*)pinned.Bcb)->NodeTypeCode);
        Assert.Equal(0, ((PUBLIC_BCB*)pinned.Bcb)->NodeByteSize);
        CcUnpinData(pinned.Bcb);
    }

    [Fact]
    [Row(85)]
    public void What_is_mapped_in_one_view_has_one_control_block_and_the_pointers_differ_as_the_offsets_do()
    {
        using var test = new CachingFixture(pages: 130, capacityPages: 256);
        byte[] content = Pages.Pattern(130 * Pages.Bytes, seed: 85);
        test.Store.Put(0, content);
        var first = test.Map(new ByteRange(0, 10_000))!.Value;
        CachingFixture.Held second = default, third = default;
        var other = new Thread(() =>
        {
            second = test.Map(new ByteRange(0x500, 100))!.Value;
            third = test.Map(new ByteRange(5_000, 20_000), MAP_WAIT)!.Value;
        });
        other.Start();
        other.Join();
        Assert.True(first.Bcb == second.Bcb && first.Bcb == third.Bcb);
        Assert.True(
            (byte*)second.Buffer == (byte*)first.Buffer + 0x500 && (byte*)third.Buffer == (byte*)first.Buffer + 5_000);
        Assert.Equal(content.AsSpan(5_000, 20_000), new ReadOnlySpan<byte>(third.Buffer, 20_000));
        Assert.Equal((0L, 25_000u),
            (((PUBLIC_BCB*)first.Bcb)->MappedFileOffset.QuadPart, ((PUBLIC_BCB*)first.Bcb)->MappedLength));
        var elsewhere = test.Map(new ByteRange(View + 5, 5))!.Value;
        Assert.True(elsewhere.Bcb != first.Bcb);
        foreach (var held in (CachingFixture.Held[])[first, second, third, elsewhere]) CcUnpinData(held.Bcb);
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => { CcUnpinData(first.Bcb); return null; }));
        Assert.True(test.Purge());
    }

    [Fact]
    [Row(86)]
    public void Under_an_exclusive_pin_other_threads_pins_are_FALSE_and_their_mappings_TRUE()
    {
        using var test = new CachingFixture(pages: 4);
        var mine = test.Pin(Pages.Range(1), PIN_WAIT | PIN_EXCLUSIVE)!.Value;
        bool hasPinned = false, hasPinnedMore = false, hasMapped = false;
        var other = new Thread(() =>
        {
            test.Read(0, 4 * Pages.Bytes);
            foreach (uint flags in (uint[])[0, PIN_EXCLUSIVE]) hasPinned |= test.Pin(Pages.Range(1), flags) is not null;
            hasPinnedMore = test.Pin(Pages.Range(0, 2), 0) is not null;
            if (test.Map(Pages.Range(1), flags: 0) is { } mapped)
            {
                hasMapped = true;
                CcUnpinData(mapped.Bcb);
            }
        });
        other.Start();
        other.Join();
        Assert.Equal((false, false, true), (hasPinned, hasPinnedMore, hasMapped));

        // The thread itself may again, and gets the same; who shares a pin and wants it alone is not made to wait for
        // itself.
        var shared = test.Pin(Pages.Range(3), PIN_WAIT)!.Value;
        Assert.Null(test.Pin(Pages.Range(3), PIN_WAIT | PIN_EXCLUSIVE));
        CcUnpinData(shared.Bcb);
        var again = test.Pin(new ByteRange(Pages.Bytes + 5, 10), PIN_EXCLUSIVE)!.Value;
        Assert.True(again.Bcb == mine.Bcb && (byte*)again.Buffer == (byte*)mine.Buffer + 5);
        CcUnpinData(again.Bcb);
        CcUnpinData(mine.Bcb);
    }

    [Fact]
    public void A_pin_that_waits_comes_when_the_other_has_gone_and_shared_ones_share()
    {
        using var test = new CachingFixture(pages: 4);
        var mine = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        nint shared = 0;
        bool isAlone = false, mayUnpinMine = true;
        int order = 0;
        using var sharing = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            var held = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
            shared = (nint)held.Bcb;
            CcUnpinData(held.Bcb);
            mayUnpinMine = Raised(() => { CcUnpinData(mine.Bcb); return null; }) != STATUS_RESOURCE_NOT_OWNED;
            sharing.Set();
            var alone = test.Pin(Pages.Range(1), PIN_WAIT | PIN_EXCLUSIVE)!.Value;
            isAlone = Volatile.Read(ref order) == 1;
            CcUnpinData(alone.Bcb);
        });
        other.Start();
        sharing.Wait(TestContext.Current.CancellationToken);
        Volatile.Write(ref order, 1);
        CcUnpinData(mine.Bcb);
        other.Join();
        Assert.Equal(((nint)mine.Bcb, true, false), (shared, isAlone, mayUnpinMine));
    }

    [Fact]
    [Row(87)]
    public void A_mapping_becomes_a_pin_with_a_new_control_block_the_same_memory_and_one_unpin()
    {
        using var test = new CachingFixture(pages: 4);
        var mapped = test.Map(Pages.Range(1))!.Value;
        Assert.Equal(0, *(short*)mapped.Bcb);
        Assert.Null(test.Pin(Pages.Range(1), PIN_IF_BCB));
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes };
        void* bcb = mapped.Bcb;
        Assert.True(CcPinMappedData(test.Object, &start, (uint)Pages.Bytes, PIN_WAIT, &bcb));
        Assert.True(bcb != mapped.Bcb);
        Assert.Equal(PUBLIC_BCB.CACHE_NTC_BCB, *(short*)bcb);
        var pinned = test.Pin(Pages.Range(1), PIN_IF_BCB)!.Value;
        Assert.True(pinned.Bcb == bcb && pinned.Buffer == mapped.Buffer);
        CcUnpinData(bcb);

        // Joined by a further mapping; a pin stays what it is.
        bcb = test.Map(new ByteRange(Pages.Bytes + 8, 8))!.Value.Bcb;
        Assert.True(CcPinMappedData(test.Object, &start, 8, PIN_WAIT, &bcb)
            && CcPinMappedData(test.Object, &start, 8, PIN_WAIT, &bcb));
        Assert.True(bcb == pinned.Bcb);
        CcUnpinData(bcb);
        CcUnpinData(bcb);
        Assert.True(test.Purge());
    }

    [Fact]
    public void A_mapping_that_cannot_be_pinned_stays_as_it_is()
    {
        using var test = new CachingFixture(pages: 4);
        var mine = test.Pin(Pages.Range(1), PIN_WAIT | PIN_EXCLUSIVE)!.Value;
        bool isFalse = false, isSame = false;
        var other = new Thread(() =>
        {
            void* bcb = test.Map(Pages.Range(1))!.Value.Bcb, before = bcb;
            var start = new LARGE_INTEGER { QuadPart = Pages.Bytes };
            isFalse = !CcPinMappedData(test.Object, &start, 10, PIN_EXCLUSIVE, &bcb);
            isSame = before == bcb;
            CcUnpinData(bcb);
        });
        other.Start();
        other.Join();
        Assert.True(isFalse && isSame);
        CcUnpinData(mine.Bcb);
    }

    [Fact]
    [Row(88)]
    public void What_is_changed_under_a_pin_and_not_set_dirty_is_not_written()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        new Span<byte>(buffer, Pages.Bytes).Fill(7);
        CcUnpinData(bcb);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Empty(test.Store.Writes);
        Assert.Equal(Pages.Of(1, 4), test.Store.Content);
    }

    [Fact]
    public void What_is_set_dirty_is_written_as_it_stands_until_it_is_unpinned_and_reported_as_locked()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        *(byte*)buffer = 7;
        CcSetDirtyPinnedData(bcb, null);
        Assert.Empty(test.Store.Writes);
        Assert.Equal(STATUS_CACHE_PAGE_LOCKED, test.Inner.CallWhole().Status);
        Assert.Equal(STATUS_CACHE_PAGE_LOCKED, test.Inner.CallWhole(0, CC_FLUSH_AND_PURGE_NO_PURGE).Status);
        Assert.Equal(7, test.Store.Content[Pages.Bytes]);
        *(byte*)buffer = 8;
        CcUnpinData(bcb);
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.Equal(8, test.Store.Content[Pages.Bytes]);
    }

    [Fact]
    public void Setting_dirty_does_not_wait_for_who_has_the_file_and_waits_for_the_unpin()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        using var acquired = new ManualResetEventSlim();
        bool hasPurged = false;
        var purger = new Thread(() =>
        {
            test.Nt.AcquireExclusive();
            acquired.Set();
            hasPurged = CcPurgeCacheSection(test.Pointers, null, 0, 0);
            test.Nt.Release();
        });
        purger.Start();
        acquired.Wait(TestContext.Current.CancellationToken);
        *(byte*)buffer = 7;
        CcSetDirtyPinnedData(bcb, null);
        CcUnpinData(bcb);
        purger.Join();
        Assert.True(hasPurged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Row(89)]
    public void What_is_prepared_is_written_without_being_set_dirty(bool zeros)
    {
        using var test = new CachingFixture(pages: 4);
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes + 8 };
        void* bcb, buffer;
        Assert.True(CcPreparePinWrite(test.Object, &start, 100, zeros, PIN_WAIT, &bcb, &buffer));
        Assert.Equal(zeros ? 0 : 1, ((byte*)buffer)[50]);
        Assert.True(CcIsThereDirtyData(null));
        ((byte*)buffer)[0] = 7;
        CcUnpinData(bcb);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        byte[] expected = Pages.Of(1);
        if (zeros) expected.AsSpan(8, 100).Clear();
        expected[8] = 7;
        Assert.Equal(expected, test.Inner.StorePage(1));
        Assert.False(CcPreparePinWrite(test.Object, &start, View, zeros, 0, &bcb, &buffer));
    }

    [Fact]
    [Row(90)]
    public void The_log_is_durable_up_to_a_changes_number_before_the_change_is_written()
    {
        using var test = new CachingFixture(pages: 4);
        LogCalls.Clear();
        test.Store.Before = static call =>
        {
            if (call.Kind == StoreCallKind.Write) LogCalls.Add("data");
        };
        CcSetLogHandleForFile(test.Object, (void*)5, &FlushLog);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        LARGE_INTEGER first = new() { QuadPart = 41 }, second = new() { QuadPart = 42 };
        CcSetDirtyPinnedData(bcb, &first);
        *(byte*)buffer = 7;
        CcSetDirtyPinnedData(bcb, &second);
        *(byte*)buffer = 8;
        CcUnpinData(bcb);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal(["log 5 to 42", "log ended", "data"], LogCalls);
        Assert.Equal(8, test.Store.Content[Pages.Bytes]);

        // Without a number there is nothing to wait for.
        test.Inner.WritePage(2, 9);
        test.FlushAll();
        Assert.Equal("data", LogCalls[^1]);
        Assert.Equal(4, LogCalls.Count);
    }

    [Fact]
    public void What_is_mapped_and_not_pinned_is_not_set_dirty()
    {
        using var test = new CachingFixture(pages: 4);
        void* mapped = test.Map(Pages.Range(1))!.Value.Bcb;
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => { CcSetDirtyPinnedData(mapped, null); return null; }));
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() => { CcSetDirtyPinnedData((void*)64, null); return null; }));
        CcUnpinData(mapped);
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);
    }

    [Fact]
    public void What_is_not_in_memory_is_FALSE_without_wait_and_on_request_also_with_it()
    {
        using var test = new CachingFixture(pages: 4);
        using var release = new ManualResetEventSlim();
        test.Store.Before = _ => release.Wait();
        Assert.Null(test.Map(Pages.Range(1), flags: 0));
        Assert.Null(test.Map(Pages.Range(1), MAP_WAIT | MAP_NO_READ));
        Assert.Null(test.Pin(Pages.Range(1), PIN_WAIT | PIN_NO_READ));
        release.Set();
        test.Read(Pages.Bytes, 1);
        CcUnpinData(test.Map(Pages.Range(1), MAP_NO_READ)!.Value.Bcb);
        CcUnpinData(test.Pin(Pages.Range(1), PIN_NO_READ)!.Value.Bcb);
        test.Store.Before = static _ => { };
        test.Store.Fails = static _ => new IOException("planted", 5);
        Assert.Equal(STATUS_IO_DEVICE_ERROR, Raised(() => test.Map(Pages.Range(3))));
    }

    [UnmanagedCallersOnly]
    private static void FlushLog(void* handle, LARGE_INTEGER sequence)
    {
        LogCalls.Add($"log {(nint)handle} to {sequence.QuadPart}");
        Thread.Yield();
        LogCalls.Add("log ended");
    }

    private static NTSTATUS Raised(Func<object?> call) =>
        Assert.Throws<NtStatusException>(() => { _ = call(); }).Status;
}
