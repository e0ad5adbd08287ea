using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;

namespace Concord.Tests.Nt;

/// <summary>CcPurgeCacheSection.</summary>
public sealed unsafe class PurgeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    [Row(52)]
    public void Clean_pages_that_nobody_maps_go_and_the_next_read_needs_the_store()
    {
        using var test = new CachingFixture(pages: 4);
        test.Read(0, 4 * Pages.Bytes);
        test.Store.ForgetCalls();
        Assert.True(test.Purge());
        test.Store.Put(0, Pages.Of(9));
        Assert.Equal(Pages.Of(9), test.Read(0, Pages.Bytes));
        Assert.Single(test.Store.Reads);
    }

    [Fact]
    [Row(53)]
    public void Dirty_pages_go_and_are_not_written()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7, 4));
        Assert.True(test.Purge());
        Assert.Equal(Pages.Of(1, 4), test.Read(0, 4 * Pages.Bytes));
        test.FlushAll();
        Assert.Empty(test.Store.Writes);
    }

    [Fact]
    [Row(54, 55, 56)]
    public void A_page_that_a_view_shows_stays_until_the_view_is_gone_and_a_view_that_shows_nothing_does_not_matter()
    {
        using var test = new CachingFixture(pages: 200, capacityPages: 256);
        test.Read(0, 200 * Pages.Bytes);
        bool isTouched = false;
        var view = new TestSharer { IsUserView = true, Shown = range => isTouched && range.Overlaps(Pages.Range(199)) };
        test.File.Services.AddSharer(view);

        // As with a section that is open and of which nobody has touched a page.
        Assert.True(test.Purge());
        test.Read(0, 200 * Pages.Bytes);
        isTouched = true;
        Assert.False(test.Purge());
        Assert.True(Pages.IsResident(test.File.State, 199));
        Assert.False(Pages.IsResident(test.File.State, 198));
        Assert.True(test.Purge(0, (uint)(199 * Pages.Bytes)));
        test.File.Services.RemoveSharer(view);
        Assert.True(test.Purge());
        Assert.False(Pages.IsResident(test.File.State, 199));
    }

    [Fact]
    [Row(57)]
    public void From_an_offset_with_length_zero_it_goes_to_the_end_and_changes_nothing_below()
    {
        using var test = new CachingFixture(pages: 200, capacityPages: 512);
        test.Write(0, Pages.Of(7, 200));
        Assert.True(test.Purge(90 * Pages.Bytes));
        test.FlushAll();
        Assert.Equal([.. Pages.Of(7, 90), .. Pages.Of(1, 110)], test.Store.Content);
    }

    [Fact]
    [Row(58)]
    public void With_the_first_flag_every_handles_caching_ends_first()
    {
        using var test = new CachingFixture(pages: 4);
        using var otherFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        using var other = NtFile.From(otherFile);
        test.Initialize(other);
        test.Write(0, Pages.Of(7));
        Assert.True(test.Purge(flags: UNINITIALIZE_CACHE_MAPS));
        Assert.True(test.Object->PrivateCacheMap is null && other.FileObject->PrivateCacheMap is null);
        Assert.True(test.Pointers->SharedCacheMap is null);
        Assert.Empty(test.Store.Writes);
        Assert.Throws<NtStatusException>(() => test.Read(0, 1));
    }

    [Fact]
    [Row(58)]
    public void With_the_first_flag_caching_has_ended_before_a_page_goes_and_whether_or_not_one_goes()
    {
        using var test = new CachingFixture(pages: 4);
        using var otherFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        var other = NtFile.From(otherFile);
        test.Initialize(other);
        test.Write(0, Pages.Of(7));
        bool wasResident = false;
        other.Closed = _ => wasResident = Pages.IsResident(test.File.State, 0);
        other.Dispose();
        using (test.File.Lease(Pages.Range(0))) Assert.False(test.Purge(flags: UNINITIALIZE_CACHE_MAPS));
        Assert.True(wasResident);
        Assert.True(test.Object->PrivateCacheMap is null && test.Pointers->SharedCacheMap is null);
    }

    [Fact]
    [Row(59)]
    public void It_waits_until_another_thread_has_unpinned()
    {
        using var test = new CachingFixture(pages: 4);
        using var pinned = new ManualResetEventSlim();
        using var unpin = new ManualResetEventSlim();
        bool isUnpinned = false;
        var other = new Thread(() =>
        {
            void* bcb = test.Pin(Pages.Range(1), PIN_WAIT)!.Value.Bcb;
            pinned.Set();
            unpin.Wait();
            Volatile.Write(ref isUnpinned, true);
            CcUnpinData(bcb);
        });
        other.Start();
        pinned.Wait(TestContext.Current.CancellationToken);
        Assert.True(test.Purge(2 * Pages.Bytes));
        Assert.False(test.Purge(flags: DO_NOT_RETRY_PURGE));
        Assert.True(Pages.IsResident(test.File.State, 1));
        bool wasUnpinned = false, hasPurged = false;
        var purger = new Thread(() =>
        {
            hasPurged = test.Purge();
            wasUnpinned = Volatile.Read(ref isUnpinned);
        });
        purger.Start();

        // It stands still, and no page went, though there is nothing in its way but the pin.
        while (!purger.ThreadState.HasFlag(ThreadState.WaitSleepJoin)) Thread.Yield();
        Assert.False(hasPurged);
        Assert.True(Pages.IsResident(test.File.State, 1));
        unpin.Set();
        purger.Join();
        other.Join();
        Assert.True(hasPurged && wasUnpinned);
        Assert.False(Pages.IsResident(test.File.State, 1));
    }

    [Fact]
    public void A_thread_that_has_a_page_pinned_itself_is_told_so_and_does_not_wait()
    {
        using var test = new CachingFixture(pages: 4);
        void* bcb = test.Pin(Pages.Range(1), PIN_WAIT)!.Value.Bcb;
        Assert.False(test.Purge());
        Assert.True(Pages.IsResident(test.File.State, 1));
        CcUnpinData(bcb);
        Assert.True(test.Purge());
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(PIN_EXCLUSIVE, false)]
    [InlineData(0u, true)]
    [InlineData(PIN_EXCLUSIVE, true)]
    public Task A_pin_that_is_no_threads_is_not_waited_for(uint flags, bool hasOwner)
    {
        return Task.Run(
            () =>
            {
                using var test = new CachingFixture(pages: 4);
                void* bcb = test.Pin(Pages.Range(1), PIN_WAIT | flags)!.Value.Bcb;
                void* owner = (void*)((nint)bcb | 3);
                IO_STATUS_BLOCK status;
                if (hasOwner) CcSetBcbOwnerPointer(bcb, owner);
                else
                {
                    CcRepinBcb(bcb);
                    CcUnpinData(bcb);
                }

                Assert.False(test.Purge());
                Assert.True(Pages.IsResident(test.File.State, 1));
                if (hasOwner) CcUnpinDataForThread(bcb, (nuint)owner);
                else CcUnpinRepinnedBcb(bcb, false, &status);
                Assert.True(test.Purge());
            },
            TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    [Row(60)]
    public void A_purge_that_drops_the_last_reference_closes_the_handle_within_it_and_its_owner_may_use_the_file()
    {
        using var test = new CachingFixture(pages: 4);
        using var first = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        var closing = NtFile.From(first);
        test.Initialize(closing);
        closing.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)closing.FileObject);
        var calls = new List<string>();
        closing.Closed = handle =>
        {
            // What a file system does in its close: it takes its locks again, calls routines, and waits for other
            // threads.
            test.Nt.AcquireExclusive();
            calls.Add($"closed: {CcIsFileCached(handle.Object) == true}");
            test.Nt.Held.Write(0, [9]);
            test.Nt.Release();
            var other = new Thread(() => calls.Add($"flush: {test.Pointers->SharedCacheMap is null}"));
            other.Start();
            other.Join();
        };

        Assert.True(test.Purge(flags: UNINITIALIZE_CACHE_MAPS));

        Assert.Equal(["closed: False", "flush: True"], calls);
        Assert.True(test.Pointers == test.Nt.SectionObjectPointer);
    }

    [Fact]
    [Row(60)]
    public void The_last_handle_of_all_may_go_within_a_purge_while_the_stream_is_acquired()
    {
        using var inner = new CoherencyFixture(pages: 4);
        using var file = inner.Cache.Open(new ScriptedStore(Pages.Of(1, 4)));
        var nt = NtFile.From(file);
        var sizes = CachingFixture.Sizes(file.Length);
        CcInitializeCacheMap(nt.FileObject, &sizes, false, null, null);
        var pointers = nt.SectionObjectPointer;
        bool isClosed = false;
        nt.Closed = _ => isClosed = true;
        nt.AcquireExclusive();
        nt.Dispose();
        Assert.False(isClosed);
        Assert.True(CcPurgeCacheSection(pointers, null, 0, UNINITIALIZE_CACHE_MAPS));
        Assert.True(isClosed && NtStream.Of(pointers) is not null);
        nt.Release();
        Assert.Null(NtStream.Of(pointers));
    }

    [Fact]
    public void A_page_of_which_a_part_lies_in_the_range_stays_and_the_files_last_one_goes()
    {
        using var test = new CachingFixture(pages: 3);
        test.SetSizes((2 * Pages.Bytes) + 100);
        test.Read(0, (2 * Pages.Bytes) + 100);
        Assert.True(test.Purge(0, (uint)Pages.Bytes + 1));
        Assert.False(Pages.IsResident(test.File.State, 0));
        Assert.True(Pages.IsResident(test.File.State, 1));
        Assert.True(test.Purge(2 * Pages.Bytes, 100));
        Assert.False(Pages.IsResident(test.File.State, 2));
    }

    [Fact]
    [Row(61)]
    public void A_start_inside_a_page_spares_that_page()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(Pages.Bytes, Pages.Of(7, 2));
        Assert.True(test.Purge(Pages.Bytes + 100));
        Assert.Equal(Pages.Of(7), test.Read(Pages.Bytes, Pages.Bytes));
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Equal(Pages.Of(1), test.Read(2 * Pages.Bytes, Pages.Bytes));
    }

    [Fact]
    public void A_range_that_reaches_the_end_takes_the_last_page_with_it()
    {
        using var test = new CachingFixture(pages: 4);
        test.SetSizes((3 * Pages.Bytes) + 100);
        test.Write(0, Pages.Of(7, 3));
        test.Write(3 * Pages.Bytes, Pages.Of(7)[..100]);
        Assert.True(test.Purge(2 * Pages.Bytes, (uint)(Pages.Bytes + 100)));
        Assert.False(Pages.IsResident(test.File.State, 3) || Pages.IsResident(test.File.State, 2));
        Assert.True(Pages.IsDirty(test.File.State, 1));
    }

    [Fact]
    public void Dirty_pages_are_spared_on_request_and_a_thread_without_the_file_purges_nothing()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7));
        Assert.False(test.Purge(flags: DO_NOT_PURGE_DIRTY_PAGES));
        Assert.False(CcPurgeCacheSection(test.Pointers, null, 0, 0));
        NtRules.Checked(() => Assert.Contains(
            "NtFile.AcquireExclusive; ConcordAcquireExclusive in C",
            Assert.Throws<NtPreconditionException>(() => { _ = CcPurgeCacheSection(test.Pointers, null, 0, 0); }).Rule,
            StringComparison.Ordinal));
        Assert.False(CcPurgeCacheSection(null, null, 0, 0));
        Assert.True(Pages.IsDirty(test.File.State, 0));
        test.FlushAll();
        Assert.True(test.Purge(flags: DO_NOT_PURGE_DIRTY_PAGES));
        Assert.False(Pages.IsResident(test.File.State, 0));
    }

    [Fact]
    public void A_file_that_was_opened_for_reading_loses_its_clean_copies()
    {
        using var inner = new CoherencyFixture(pages: 1);
        using var folder = new Stores.TempFolder();
        string path = Path.Combine(folder.Path, "file");
        System.IO.File.WriteAllBytes(path, Pages.Of(1, 4));
        using var file = inner.Cache.Open(path, FileMode.Open, FileAccess.Read);
        using var nt = NtFile.From(file);
        Pages.Read(file, Pages.Range(0, 4));
        nt.AcquireExclusive();
        Assert.True(CcPurgeCacheSection(nt.SectionObjectPointer, null, 0, 0));
        nt.Release();
        Assert.False(Pages.IsResident(file.State, 1));
    }
}
