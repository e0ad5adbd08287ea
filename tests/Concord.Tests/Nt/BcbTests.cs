using System.Runtime.InteropServices;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>Mappings and pins that are kept, given away and asked about.</summary>
public sealed unsafe class BcbTests
{
    private static readonly List<(long Offset, long Length, long Oldest, long Newest)> Told = [];

    [Fact]
    public void A_pin_leads_to_the_file_object_that_the_cache_refers_to()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, _) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        Assert.True(CcGetFileObjectFromBcb(bcb) == test.Object);
        CcUnpinData(bcb);
        Assert.True(CcGetFileObjectFromBcb(bcb) is null);
    }

    [Fact]
    public void What_is_mapped_once_more_stays_until_both_are_unmapped_by_whichever_thread()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        void* mapped = CcRemapBcb(bcb);
        CcUnpinData(bcb);
        Assert.False(test.Purge());
        Assert.Equal(1, *(byte*)buffer);
        Elsewhere(() => CcUnpinData(mapped));
        Assert.True(test.Purge());
        Assert.Throws<NtStatusException>(() => _ = CcRemapBcb(bcb));
    }

    [Fact]
    public void A_pin_that_was_repinned_outlives_its_unpinning_and_is_written_through_at_its_end()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        CcSetDirtyPinnedData(bcb, null);
        *(byte*)buffer = 7;
        CcRepinBcb(bcb);
        CcUnpinData(bcb);
        Assert.Equal(1, test.Store.Content[Pages.Bytes]);
        IO_STATUS_BLOCK status;
        CcUnpinRepinnedBcb(bcb, true, &status);
        Assert.Equal((STATUS_SUCCESS, (nuint)Pages.Bytes), (status.Status, status.Information));
        Assert.Equal(7, test.Store.Content[Pages.Bytes]);
        Assert.True(test.Purge());
        var told = &status;
        Assert.Throws<NtStatusException>(() => CcUnpinRepinnedBcb(bcb, false, told));
    }

    [Fact]
    public void A_repinned_one_whose_bytes_cannot_be_written_tells_why_and_leaves_them_dirty()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        CcSetDirtyPinnedData(bcb, null);
        *(byte*)buffer = 7;
        CcRepinBcb(bcb);
        CcUnpinData(bcb);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted", 5) : null;
        IO_STATUS_BLOCK status;
        CcUnpinRepinnedBcb(bcb, true, &status);
        Assert.Equal(STATUS_IO_DEVICE_ERROR, status.Status);
        Assert.True(Pages.IsDirty(test.File.State, 1));

        // Without asking, nothing is written.
        var (second, _) = test.Pin(Pages.Range(2), PIN_WAIT)!.Value;
        CcRepinBcb(second);
        CcUnpinData(second);
        CcUnpinRepinnedBcb(second, false, &status);
        Assert.Equal((STATUS_SUCCESS, (nuint)0), (status.Status, status.Information));
    }

    [Fact]
    public void A_pin_that_was_given_to_an_owner_keeps_others_out_until_who_knows_the_owner_unpins_it()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, _) = test.Pin(Pages.Range(1), PIN_WAIT | PIN_EXCLUSIVE)!.Value;
        void* owner = (void*)((nint)bcb | 3);
        Assert.Throws<NtStatusException>(() => CcSetBcbOwnerPointer(bcb, bcb));
        CcSetBcbOwnerPointer(bcb, owner);
        Assert.Throws<NtStatusException>(() => CcUnpinData(bcb));
        Assert.Throws<NtStatusException>(() => CcSetBcbOwnerPointer(bcb, owner));
        Assert.Null(test.Pin(Pages.Range(1), PIN_EXCLUSIVE));
        Assert.Throws<NtStatusException>(() => CcUnpinDataForThread(bcb, (nuint)owner + 4));
        Elsewhere(() => CcUnpinDataForThread(bcb, (nuint)owner));
        var pinned = test.Pin(Pages.Range(1), PIN_EXCLUSIVE);
        Assert.NotNull(pinned);
        CcUnpinData(pinned.Value.Bcb);
    }

    [Fact]
    public Task A_thread_that_gave_its_pin_away_and_wants_the_bytes_alone_does_not_wait_for_itself()
    {
        var token = TestContext.Current.CancellationToken;
        return Task.Run(
            () =>
            {
                using var test = new CachingFixture(pages: 4);
                void* bcb = test.Pin(Pages.Range(1), PIN_WAIT)!.Value.Bcb;
                void* owner = (void*)((nint)bcb | 3);
                CcSetBcbOwnerPointer(bcb, owner);
                Assert.Null(test.Pin(Pages.Range(1), PIN_WAIT | PIN_EXCLUSIVE));
                CcUnpinDataForThread(bcb, (nuint)owner);
                CcUnpinData(test.Pin(Pages.Range(1), PIN_WAIT | PIN_EXCLUSIVE)!.Value.Bcb);
            },
            token).WaitAsync(TimeSpan.FromSeconds(20), token);
    }

    [Fact]
    public void A_logs_dirty_pages_are_told_with_their_numbers_and_the_oldest_of_all()
    {
        using var test = new CachingFixture(pages: 4);
        int log;
        CcSetLogHandleForFile(test.Object, &log, &Flushed);
        Told.Clear();
        Assert.Equal(0, CcGetDirtyPages(&log, &Tell, null, null).QuadPart);
        foreach (long sequence in (long[])[9, 5, 12])
        {
            var (bcb, _) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
            var lsn = new LARGE_INTEGER { QuadPart = sequence };
            CcSetDirtyPinnedData(bcb, &lsn);
            CcUnpinData(bcb);
        }

        test.Write(3 * Pages.Bytes, Pages.Of(7));
        Assert.Equal(5, CcGetDirtyPages(&log, &Tell, null, null).QuadPart);
        Assert.Equal("(4096, 4096, 5, 12) (12288, 4096, 0, 0)", string.Join(' ', Told));
        Assert.Equal(0, CcGetDirtyPages(test.Object, &Tell, null, null).QuadPart);
        test.FlushAll();
        Assert.Equal(0, CcGetDirtyPages(&log, &Tell, null, null).QuadPart);
        Assert.Equal(2, Told.Count);
    }

    [Fact]
    public void A_small_write_flushes_nothing_first()
    {
        Assert.True((bool)CcCopyWriteWontFlush(null, null, 0x10000));
        Assert.False((bool)CcCopyWriteWontFlush(null, null, 0x10001));
    }

    [UnmanagedCallersOnly]
    private static void Flushed(void* log, LARGE_INTEGER sequence)
    {
    }

    [UnmanagedCallersOnly]
    private static void Tell(
        FILE_OBJECT* file, LARGE_INTEGER* offset, uint length, LARGE_INTEGER* oldest, LARGE_INTEGER* newest,
        void* context1, void* context2) =>
        Told.Add((offset->QuadPart, length, oldest->QuadPart, newest->QuadPart));

    private static void Elsewhere(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
