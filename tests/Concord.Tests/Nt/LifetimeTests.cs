using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.Stores;
using static Concord.Nt.Ntddk;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>What has ended has ended once, however many threads end it, and nobody touches what is gone.</summary>
public sealed unsafe class LifetimeTests
{
    private const int Rounds = 300;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_chain_that_two_threads_end_at_once_ends_once(bool isForWriting)
    {
        using var test = new CachingFixture(pages: 4);
        for (int round = 0; round < Rounds; round++)
        {
            MDL* chain;
            IO_STATUS_BLOCK status;
            var start = default(LARGE_INTEGER);
            if (isForWriting) CcPrepareMdlWrite(test.Object, &start, (uint)Pages.Bytes, &chain, &status);
            else CcMdlRead(test.Object, &start, (uint)Pages.Bytes, &chain, &status);
            MDL* made = chain;
            Assert.Equal(1, CountOfTwo(() =>
            {
                if (isForWriting) CcMdlWriteComplete(test.Object, null, made);
                else CcMdlReadComplete(test.Object, made);
            }));
        }

        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
    }

    [Fact]
    public void A_mapping_that_two_threads_end_at_once_ends_once()
    {
        using var test = new CachingFixture(pages: 4);
        for (int round = 0; round < Rounds; round++)
        {
            void* bcb = test.Map(Pages.Range(1))!.Value.Bcb;
            Assert.Equal(1, CountOfTwo(() => CcUnpinData(bcb)));
        }

        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
    }

    [Fact]
    public void A_handle_that_two_threads_dispose_at_once_is_closed_once_and_its_stream_goes()
    {
        using var inner = new CoherencyFixture(pages: 1);
        for (int round = 0; round < Rounds; round++)
        {
            using var file = inner.Cache.Open(new ScriptedStore(Pages.Of(1)));
            var nt = NtFile.From(file);
            var pointers = nt.SectionObjectPointer;
            int closed = 0;
            nt.Closed = _ => Interlocked.Increment(ref closed);
            _ = CountOfTwo(nt.Dispose);
            Assert.Equal(1, closed);
            Assert.Null(NtStream.Of(pointers));
        }
    }

    [Fact]
    public void What_two_threads_have_found_before_it_ended_ends_for_the_first_of_them()
    {
        using var test = new CachingFixture(pages: 4);
        var mapping = NtPins.Of(test.Map(Pages.Range(1))!.Value.Bcb)!;
        Assert.True(test.Nt.Stream.Pins.TryRelease(mapping));
        Assert.False(test.Nt.Stream.Pins.TryRelease(mapping));

        MDL* chain;
        IO_STATUS_BLOCK status;
        var start = default(LARGE_INTEGER);
        CcMdlRead(test.Object, &start, (uint)Pages.Bytes, &chain, &status);
        var taken = NtMdl.Take(chain)!;
        Assert.Null(NtMdl.Take(chain));
        taken.End(publishes: false);

        using var file = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        var nt = NtFile.From(file);
        int closed = 0;
        nt.Closed = _ => closed++;
        nt.Dispose();
        nt.CacheMapGone();
        Assert.Equal(1, closed);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
    }

    [Fact]
    public void A_handle_that_is_disposed_while_its_caching_begins_is_either_cached_or_gone()
    {
        using var inner = new CoherencyFixture(pages: 1);
        for (int round = 0; round < Rounds; round++)
        {
            using var file = inner.Cache.Open(new ScriptedStore(Pages.Of(1)));
            var nt = NtFile.From(file);
            var pointers = nt.SectionObjectPointer;
            var fileObject = nt.FileObject;
            using var barrier = new Barrier(2);
            NTSTATUS status = STATUS_SUCCESS;
            var initialiser = new Thread(() =>
            {
                var sizes = CachingFixture.Sizes(Pages.Bytes);
                barrier.SignalAndWait();
                try
                {
                    CcInitializeCacheMap(fileObject, &sizes, false, null, null);
                }
                catch (NtStatusException raised)
                {
                    status = raised.Status;
                }
            });
            initialiser.Start();
            barrier.SignalAndWait(TestContext.Current.CancellationToken);
            nt.Dispose();
            initialiser.Join();

            // It was too late for it, or it keeps the file object until its end.
            Assert.Contains(status, (NTSTATUS[])[STATUS_SUCCESS, STATUS_FILE_CLOSED, STATUS_INVALID_PARAMETER]);
            Assert.Equal(status == STATUS_SUCCESS, (bool)CcUninitializeCacheMap(fileObject, null, null));
            Assert.Null(NtStream.Of(pointers));
        }
    }

    [Fact]
    public void A_stream_that_could_not_be_acquired_since_its_file_was_closed_goes_with_its_last_handle()
    {
        using var inner = new CoherencyFixture(pages: 1);
        var file = inner.Cache.Open(new ScriptedStore(Pages.Of(1)));
        var nt = NtFile.From(file);
        var pointers = nt.SectionObjectPointer;
        file.Close();
        Assert.Throws<ObjectDisposedException>(nt.AcquireExclusive);
        nt.Dispose();
        Assert.Null(NtStream.Of(pointers));
    }

    [Fact]
    public void A_chain_ends_as_a_whole_whatever_its_owner_did_to_its_links()
    {
        using var test = new CachingFixture(pages: 130, capacityPages: 256);
        MDL* chain;
        IO_STATUS_BLOCK status;
        var start = default(LARGE_INTEGER);
        CcMdlRead(test.Object, &start, (uint)(130 * Pages.Bytes), &chain, &status);
        MDL* first = chain, second = chain->Next;

        // A part of it is no chain, and stays locked.
        Assert.Equal(STATUS_INVALID_PARAMETER,
            Assert.Throws<NtStatusException>(() => CcMdlReadComplete(test.Object, second)).Status);
        Assert.Equal(STATUS_CACHE_PAGE_LOCKED, test.Inner.CallWhole().Status);
        first->Next = null;
        CcMdlReadComplete(test.Object, first);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
    }

    [Fact]
    public void A_volume_is_asked_for_dirty_data_while_its_files_come_and_go()
    {
        using var inner = new CoherencyFixture(pages: 1);
        void* volume = (void*)0x5000;
        bool ends = false, wasWrong = false;
        var asker = new Thread(() =>
        {
            while (!Volatile.Read(ref ends)) wasWrong |= CcIsThereDirtyData(volume);
        });
        asker.Start();
        for (int round = 0; round < 2 * Rounds; round++)
        {
            using var file = inner.Cache.Open(new ScriptedStore(Pages.Of(1)));
            using var nt = NtFile.From(file);
            nt.FileObject->Vpb = volume;
            var sizes = CachingFixture.Sizes(Pages.Bytes);
            CcInitializeCacheMap(nt.FileObject, &sizes, false, null, null);
            Assert.True(CachingFixture.Uninitialize(nt));
        }

        Volatile.Write(ref ends, true);
        asker.Join();
        Assert.False(wasWrong);
    }

    [Fact]
    public void A_flush_does_not_fail_because_another_handle_of_the_stream_is_closed_meanwhile()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "file");
        File.WriteAllBytes(path, Pages.Of(1));
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes });
        var first = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        using var kept = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        using var nt = NtFile.From(kept);
        var pointers = nt.SectionObjectPointer;
        bool ends = false;
        var failures = new HashSet<NTSTATUS>();
        var flusher = new Thread(() =>
        {
            while (!Volatile.Read(ref ends))
            {
                IO_STATUS_BLOCK status;
                kept.Write(0, [1]);
                CcFlushCache(pointers, null, 0, &status);
                if (status.Status != STATUS_SUCCESS) failures.Add(status.Status);
            }
        });
        flusher.Start();
        for (int round = 0; round < Rounds; round++)
        {
            // The oldest handle is the one that closes.
            var next = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
            first.Close();
            first = next;
        }

        Volatile.Write(ref ends, true);
        flusher.Join();
        first.Dispose();
        Assert.Empty(failures);
    }

    [Fact]
    public void What_goes_through_a_handle_that_closes_goes_on_through_another()
    {
        using var test = new CachingFixture(pages: 1);
        using var second = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        int calls = 0;
        long bytes = test.Nt.Stream.Through(file =>
        {
            if (calls++ == 0) ((CachedFile)file).Close();
            return file.FlushAndPurge(CoherencyOptions.NoPurge).BytesInStore;
        });
        Assert.Equal((2, Pages.Bytes), (calls, bytes));
    }

    [Fact]
    public void A_wait_may_be_longer_than_any_clock_counts()
    {
        KEVENT memory;
        var gone = &memory;
        foreach (long ticks in (long[])[-TimeSpan.TicksPerDay * 60, long.MinValue])
        {
            KeInitializeEvent(gone, EVENT_TYPE.SynchronizationEvent, false);
            var waiter = Thread.CurrentThread;
            bool hasEnded = false;
            var signaller = new Thread(() =>
            {
                // It comes when it is waited for, or the wait was refused.
                while ((waiter.ThreadState & ThreadState.WaitSleepJoin) == 0 && !Volatile.Read(ref hasEnded))
                    Thread.Yield();
                _ = KeSetEvent(gone, 0, false);
            });
            signaller.Start();
            var timeout = new LARGE_INTEGER { QuadPart = ticks };
            try
            {
                Assert.Equal(STATUS_SUCCESS, KeWaitForSingleObject(gone, 0, 0, false, &timeout));
            }
            finally
            {
                Volatile.Write(ref hasEnded, true);
                signaller.Join();
            }
        }
    }

    /// <summary>How many of two threads that do the same at once were not refused.</summary>
    private static int CountOfTwo(Action action)
    {
        int done = 0;
        using var barrier = new Barrier(2);
        var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            barrier.SignalAndWait();
            try
            {
                action();
                Interlocked.Increment(ref done);
            }
            catch (NtStatusException raised)
            {
                Assert.Equal(STATUS_INVALID_PARAMETER, raised.Status);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return done;
    }
}
