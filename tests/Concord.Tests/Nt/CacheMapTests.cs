using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntddk;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>CcInitializeCacheMap, CcUninitializeCacheMap, CcSetFileSizes.</summary>
public sealed unsafe class CacheMapTests
{
    [Theory]
    [InlineData(10, 5, 20)]
    [InlineData(4, 5, 4)]
    [InlineData(4, -1, 10)]
    [InlineData(-1, 4, 10)]
    [Row(62)]
    public void Sizes_that_break_the_rule_are_refused_loudly(long valid, long length, long allocation)
    {
        using var test = new CachingFixture(pages: 4);
        var broken = new CC_FILE_SIZES
        {
            ValidDataLength = new LARGE_INTEGER { QuadPart = valid },
            FileSize = new LARGE_INTEGER { QuadPart = length },
            AllocationSize = new LARGE_INTEGER { QuadPart = allocation },
        };
        var sizes = &broken;
        Assert.Equal(STATUS_INVALID_PARAMETER,
            Assert.Throws<NtStatusException>(() => CcInitializeCacheMap(test.Object, sizes, false, null, null)).Status);
        Assert.Equal(STATUS_INVALID_PARAMETER,
            Assert.Throws<NtStatusException>(() => CcSetFileSizes(test.Object, sizes)).Status);
        Assert.Equal(STATUS_INVALID_PARAMETER, CcSetFileSizesEx(test.Object, sizes));
        NtRules.Checked(() => Assert.Throws<NtPreconditionException>(() => CcSetFileSizes(test.Object, sizes)));
        Assert.Equal(4 * Pages.Bytes, test.File.Length);
    }

    [Fact]
    [Row(64)]
    public void Without_memory_it_raises_and_the_file_is_not_cached()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        var make = test.Inner.Cache.State.MakeSection;
        test.Inner.Cache.State.MakeSection = static () => throw new OutOfMemoryException("planted");
        Assert.Equal(
            STATUS_INSUFFICIENT_RESOURCES, Assert.Throws<NtStatusException>(() => test.Initialize(test.Nt)).Status);
        Assert.True(test.Object->PrivateCacheMap is null);
        Assert.False(CcIsFileCached(test.Object));
        test.Inner.Cache.State.MakeSection = make;
        test.Initialize(test.Nt);
        Assert.True(CcIsFileCached(test.Object));
        Assert.True(test.Pointers->DataSectionObject is not null);
    }

    [Fact]
    [Row(65)]
    public void Two_threads_that_initialise_at_once_make_one_shared_map_and_two_private_ones()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        using var secondFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        using var second = NtFile.From(secondFile);
        int sections = 0;
        var make = test.Inner.Cache.State.MakeSection;
        test.Inner.Cache.State.MakeSection = () =>
        {
            Interlocked.Increment(ref sections);
            return make();
        };
        using var barrier = new Barrier(2);
        var threads = ((NtFile[])[test.Nt, second]).Select(handle => new Thread(() =>
        {
            barrier.SignalAndWait();
            test.Initialize(handle);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(1, sections);
        Assert.True(test.Pointers->SharedCacheMap is not null);
        Assert.True(test.Object->PrivateCacheMap is not null && second.FileObject->PrivateCacheMap is not null);
        Assert.True(test.Object->PrivateCacheMap != second.FileObject->PrivateCacheMap);

        // The map lasts until the second has ended it as well.
        Assert.False(CachingFixture.Uninitialize(test.Nt));
        Assert.True(CcIsFileCached(test.Object));
        Assert.True(CachingFixture.Uninitialize(second));
        Assert.False(CcIsFileCached(test.Object));
    }

    [Fact]
    public void What_is_written_behind_the_end_while_another_handle_begins_its_caching_stays()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        using var secondFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        using var second = NtFile.From(secondFile);
        var late = new Thread(() => test.Initialize(second));
        using (var hold = test.File.AcquireExclusive())
        {
            // It has seen that the stream is not cached, and waits for the file to set its sizes.
            late.Start();
            Patience.Await(() => (late.ThreadState & System.Threading.ThreadState.WaitSleepJoin) != 0);
            hold.Write(4 * Pages.Bytes, Pages.Of(9));
        }

        late.Join();
        Assert.Equal(5 * Pages.Bytes, test.File.Length);
        Assert.Equal(Pages.Of(9), Pages.Read(test.File, Pages.Range(4)));
    }

    [Fact]
    public void It_may_be_initialised_by_who_has_the_file_and_while_another_thread_does_that_too()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        using var secondFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        using var second = NtFile.From(secondFile);
        test.Nt.AcquireExclusive();
        var other = new Thread(() => test.Initialize(second));
        other.Start();
        test.Initialize(test.Nt);
        test.Nt.Release();
        other.Join();
        Assert.True(test.Nt.IsCached && second.IsCached);
    }

    [Fact]
    [Row(66)]
    public void The_event_comes_after_what_is_dirty_is_in_the_store()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(Pages.Bytes, Pages.Of(7));
        CACHE_UNINITIALIZE_EVENT memory;
        var ended = &memory;
        KeInitializeEvent(&ended->Event, EVENT_TYPE.NotificationEvent, false);
        var signalled = new List<(StoreCallKind, bool)>();
        test.Store.Before = call => signalled.Add((call.Kind, KeReadStateEvent(&ended->Event) != 0));
        byte[]? seen = null;
        var waiter = new Thread(() =>
        {
            Assert.Equal(STATUS_SUCCESS, KeWaitForSingleObject(&ended->Event, 0, 0, false, null));
            seen = test.Store.Content;
        });
        waiter.Start();
        Assert.True(CcUninitializeCacheMap(test.Object, null, ended));
        waiter.Join();
        Assert.Equal(Pages.Of(7), seen.AsSpan(Pages.Bytes, Pages.Bytes));
        Assert.Equal([(StoreCallKind.Write, false), (StoreCallKind.Barrier, false)], signalled);
    }

    [Fact]
    [Row(66)]
    public void Of_two_handles_that_end_at_once_one_makes_durable_what_is_dirty()
    {
        for (int round = 0; round < 100; round++)
        {
            using var test = new CachingFixture(pages: 4);
            using var secondFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
            using var second = NtFile.From(secondFile);
            test.Initialize(second);
            test.Write(Pages.Bytes, Pages.Of(7));
            using var barrier = new Barrier(2);
            int ended = 0;
            var threads = ((NtFile[])[test.Nt, second]).Select(handle => new Thread(() =>
            {
                CACHE_UNINITIALIZE_EVENT gone;
                KeInitializeEvent(&gone.Event, EVENT_TYPE.NotificationEvent, false);
                barrier.SignalAndWait();
                if (CcUninitializeCacheMap(handle.FileObject, null, &gone)) Interlocked.Increment(ref ended);
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
            Assert.Equal(1, ended);
            Assert.Equal(Pages.Of(7), test.Inner.StorePage(1));
        }
    }

    [Fact]
    public void Of_two_handles_that_end_the_second_to_begin_is_the_last_before_the_first_has_ended()
    {
        using var test = new CachingFixture(pages: 4);
        using var secondFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        using var second = NtFile.From(secondFile);
        test.Initialize(second);
        var stream = test.Nt.Stream;
        Assert.False(stream.BeginEnding(test.Nt));
        Assert.True(stream.BeginEnding(second));
        Assert.False(stream.RemoveCaching(test.Nt));
        Assert.True(stream.RemoveCaching(second));
    }

    [Fact]
    public void When_that_fails_the_event_comes_all_the_same_and_nothing_is_lost()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(Pages.Bytes, Pages.Of(7));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted", 28) : null;
        CACHE_UNINITIALIZE_EVENT ended;
        KeInitializeEvent(&ended.Event, EVENT_TYPE.NotificationEvent, false);
        Assert.True(CcUninitializeCacheMap(test.Object, null, &ended));
        Assert.NotEqual(0, KeReadStateEvent(&ended.Event));
        test.Store.Fails = static _ => null;
        Assert.Equal(STATUS_DISK_FULL, test.FlushAll().Status);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal(Pages.Of(7), test.Inner.StorePage(1));
    }

    [Fact]
    public void Without_an_event_what_is_dirty_is_left_for_later()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(Pages.Bytes, Pages.Of(7));
        Assert.True(CachingFixture.Uninitialize(test.Nt));
        Assert.Empty(test.Store.Writes);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal(Pages.Of(7), test.Inner.StorePage(1));
    }

    [Fact]
    [Row(67)]
    public void With_nothing_cached_the_event_comes_and_nothing_hangs()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        CACHE_UNINITIALIZE_EVENT ended;
        KeInitializeEvent(&ended.Event, EVENT_TYPE.SynchronizationEvent, false);
        Assert.False(CcUninitializeCacheMap(test.Object, null, &ended));
        Assert.Equal(STATUS_SUCCESS, KeWaitForSingleObject(&ended.Event, 0, 0, false, null));

        // An event of this kind lets one go on; what comes from nowhere is signalled as well.
        var moment = new LARGE_INTEGER { QuadPart = -1 };
        Assert.Equal(STATUS_TIMEOUT, KeWaitForSingleObject(&ended.Event, 0, 0, false, &moment));
        FILE_OBJECT nobodys;
        Assert.False(CcUninitializeCacheMap(&nobodys, null, &ended));
        Assert.Equal(STATUS_SUCCESS, KeWaitForSingleObject(&ended.Event, 0, 0, false, null));
    }

    [Fact]
    [Row(68)]
    public void With_a_truncate_size_of_zero_the_cache_is_empty_and_nothing_dirty_was_written()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7, 4));
        var nothing = default(LARGE_INTEGER);
        CACHE_UNINITIALIZE_EVENT ended;
        KeInitializeEvent(&ended.Event, EVENT_TYPE.NotificationEvent, false);
        Assert.True(CcUninitializeCacheMap(test.Object, &nothing, &ended));
        Assert.NotEqual(0, KeReadStateEvent(&ended.Event));
        Assert.Empty(test.Store.Writes);
        Assert.Equal(0, test.Inner.Cache.DirtyBytes);
        Assert.False(Pages.IsResident(test.File.State, 2));
        Assert.Equal(Pages.Of(1, 4), Pages.Read(test.File, Pages.Range(0, 4)));
    }

    [Fact]
    public void A_truncate_size_drops_what_lies_behind_it_and_the_rest_is_written()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7, 4));
        var size = new LARGE_INTEGER { QuadPart = Pages.Bytes + 1 };
        CACHE_UNINITIALIZE_EVENT ended;
        KeInitializeEvent(&ended.Event, EVENT_TYPE.NotificationEvent, false);
        Assert.True(CcUninitializeCacheMap(test.Object, &size, &ended));
        Assert.Equal([.. Pages.Of(7, 2), .. Pages.Of(1, 2)], test.Store.Content);
    }

    [Fact]
    [Row(69)]
    public void Growing_with_a_dirty_pin_writes_nothing_loses_nothing_and_shows_the_files_bytes()
    {
        using var test = new CachingFixture(pages: 2);
        var (bcb, buffer) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        new Span<byte>(buffer, 8).Fill(7);
        CcSetDirtyPinnedData(bcb, null);
        test.Store.Put(2 * Pages.Bytes, Pages.Of(9, 3));

        test.SetSizes(5 * Pages.Bytes);

        Assert.Empty(test.Store.Writes);
        Assert.Equal(7, *(byte*)buffer);
        Assert.Equal(Pages.Of(9), test.Read(3 * Pages.Bytes, Pages.Bytes));
        CcUnpinData(bcb);
        Assert.Empty(test.Store.Writes);
        test.FlushAll();
        Assert.Equal([.. Pages.Of(1), 7, 7, 7, 7, 7, 7, 7, 7, 1], test.Store.Content[..(Pages.Bytes + 9)]);
        Assert.Equal(Pages.Of(9, 3), test.Store.Content[(2 * Pages.Bytes)..]);
    }

    [Fact]
    [Row(70)]
    public void Growing_with_a_mapped_tail_raises_nothing()
    {
        using var test = new CachingFixture(pages: 2);
        test.SetSizes(Pages.Bytes + 100);
        var (bcb, buffer) = test.Map(new ByteRange(Pages.Bytes, 100))!.Value;
        test.SetSizes(4 * Pages.Bytes);
        Assert.Equal(1, *(byte*)buffer);
        Assert.Equal(4 * Pages.Bytes, test.File.Length);
        CcUnpinData(bcb);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(9000)]
    [InlineData(0)]
    [Row(71)]
    public void What_was_cut_off_never_comes_back(int length)
    {
        using var test = new CachingFixture(pages: 8);
        test.Write(0, Pages.Of(7, 8));
        test.SetSizes(length);
        test.SetSizes(8 * Pages.Bytes);
        byte[] expected = new byte[8 * Pages.Bytes];
        expected.AsSpan(0, length).Fill(7);
        Assert.Equal(expected, test.Read(0, 8 * Pages.Bytes));
        test.FlushAll();
        Assert.True(test.Purge());
        Assert.Equal(expected, test.Read(0, 8 * Pages.Bytes));
        Assert.Equal(expected, test.Store.Content);
    }

    [Fact]
    [Row(72)]
    public void Cutting_below_a_mapped_tail_is_told_by_a_status_and_nothing_changes()
    {
        using var test = new CachingFixture(pages: 4);
        void* bcb = test.Map(Pages.Range(3))!.Value.Bcb;
        var cut = CachingFixture.Sizes(Pages.Bytes);
        var sizes = &cut;
        var status = CcSetFileSizesEx(test.Object, sizes);
        Assert.Equal(STATUS_USER_MAPPED_FILE, status);
        Assert.False(NT_SUCCESS(status));
        Assert.Equal(
            STATUS_USER_MAPPED_FILE, Assert.Throws<NtStatusException>(() => CcSetFileSizes(test.Object, sizes)).Status);
        Assert.Equal(4 * Pages.Bytes, test.File.Length);
        CcUnpinData(bcb);
        Assert.Equal(STATUS_SUCCESS, CcSetFileSizesEx(test.Object, sizes));
        Assert.Equal(Pages.Bytes, test.Store.Content.Length);
    }

    [Fact]
    [Row(73)]
    public void On_a_stream_that_is_not_cached_setting_sizes_does_nothing()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        test.SetSizes(Pages.Bytes);
        Assert.Equal((4 * Pages.Bytes, 0), (test.File.Length, test.Store.CallCount));
    }

    [Fact]
    public void Behind_the_valid_data_length_bytes_are_zeros_without_IO_also_after_a_purge()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        var sizes = CachingFixture.Sizes(4 * Pages.Bytes, Pages.Bytes);
        CcInitializeCacheMap(test.Object, &sizes, false, null, null);
        for (int i = 0; i < 2; i++)
        {
            test.Store.ForgetCalls();
            Assert.Equal(new byte[2 * Pages.Bytes], test.Read(2 * Pages.Bytes, 2 * Pages.Bytes));
            Assert.Empty(test.Store.Reads);
            CoherencyFixture.AssertIs(STATUS_SUCCESS, 4 * Pages.Bytes, test.Inner.CallWhole());
        }

        // What the file system wrote past the cache is valid as soon as it says so.
        test.SetSizes(4 * Pages.Bytes, long.MaxValue);
        Assert.Equal(Pages.Of(1, 2), test.Read(2 * Pages.Bytes, 2 * Pages.Bytes));
    }

    [Fact]
    public void The_first_handles_sizes_make_a_store_longer_and_never_shorter()
    {
        using var test = new CachingFixture(pages: 2, initialises: false);
        test.Inner.WritePage(3, 7);
        var sizes = CachingFixture.Sizes(Pages.Bytes);
        CcInitializeCacheMap(test.Object, &sizes, false, null, null);
        Assert.Equal(4 * Pages.Bytes, test.File.Length);
        Assert.Equal(Pages.Of(7), test.Read(3 * Pages.Bytes, Pages.Bytes));
        CachingFixture.Uninitialize(test.Nt);
        sizes = CachingFixture.Sizes(9 * Pages.Bytes);
        CcInitializeCacheMap(test.Object, &sizes, false, null, null);
        Assert.Equal(9 * Pages.Bytes, test.Store.Content.Length);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Sizes_below_those_of_the_file_leave_every_byte_of_it_valid(int pages, bool saysAllIsValid)
    {
        using var test = new CachingFixture(pages: 3, fill: 5, initialises: false);
        var sizes = CachingFixture.Sizes(pages * Pages.Bytes, saysAllIsValid ? long.MaxValue : null);
        CcInitializeCacheMap(test.Object, &sizes, false, null, null);
        Assert.Equal(Pages.Of(5, 3), test.Read(0, 3 * Pages.Bytes));
    }
}
