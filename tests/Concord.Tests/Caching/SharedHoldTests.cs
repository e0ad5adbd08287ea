using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>A hold belongs to whoever has the object: several threads may use it at once, a purge among them.</summary>
public sealed class SharedHoldTests
{
    private const int Purges = 3_000;

    /// <summary>
    /// A thread that is off its processor inside a copy for this long would hang the test, not fail it.
    /// </summary>
    private static readonly TimeSpan ReaderLimit = TimeSpan.FromMinutes(2);

    [Fact]
    public void A_reader_never_sees_a_page_that_another_thread_of_the_hold_takes_away()
    {
        byte[] content = Pages.Of(7, 8);
        using var test = new CachedFixture(content) { ReaderLimit = ReaderLimit };
        using var hold = test.File.AcquireExclusive();
        using var reader = new Repeating(() => AssertReads(hold, content));
        for (int i = 0; i < Purges; i++)
        {
            // Whole, whatever is loaded meanwhile: that is newer than the purge.
            Assert.True(hold.FlushAndPurge().IsComplete);

            // Gives purged memory back: whoever is still inside would read zeros.
            test.Cache.Services.Evictor.Sweep(int.MaxValue);
        }

        reader.Stop();
    }

    [Fact]
    public void A_reader_never_sees_a_page_that_another_thread_of_the_hold_discards()
    {
        byte[] content = Pages.Of(7, 8);
        using var test = new CachedFixture(content) { ReaderLimit = ReaderLimit };
        using var hold = test.File.AcquireExclusive();
        using var reader = new Repeating(() => AssertReads(hold, content));
        for (int i = 0; i < Purges; i++)
        {
            Assert.True(hold.Discard(Pages.Range(0, 8)));
            test.Cache.Services.Evictor.Sweep(int.MaxValue);
        }

        reader.Stop();
    }

    [Fact]
    public void A_page_that_is_loaded_while_others_are_dropped_is_newer_than_the_purge_and_not_left()
    {
        using var test = new CachedFixture(Pages.Of(1, 8)) { ReaderLimit = ReaderLimit };
        var services = test.File.Services;
        _ = Pages.Read(test.File, Pages.Range(0));
        CoherencyResult result = default;

        // Held before: taking the file waits for copies too.
        using (var hold = test.File.AcquireExclusive())
        using (var stuck = new StuckCopy(services.State, page: 0))
        {
            var purge = new Thread(() => result = hold.FlushAndPurge());
            purge.Start();
            WaitUntil(services.State.Extents.Find(0)!, static extent => extent.Closing != PageMask.None);
            SyncCompletion.Wait(
                services.Loader.EnsureResidentAsync(0, PageMask.Of(5, 1), CallMode.Blocking, CancellationToken.None));
            stuck.Leave();
            purge.Join();
        }

        Assert.True(result.IsComplete);
        Assert.Equal(1, result.PagesPurged);
        Assert.False(Pages.IsResident(services.State, 0));
        Assert.True(Pages.IsResident(services.State, 5));
    }

    [Fact]
    public void What_another_thread_of_the_hold_writes_behind_the_end_during_a_purge_stays()
    {
        using var store = new LengthAskedStore();
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        file.Write(0, Pages.Of(1, 2));
        using (var hold = file.AcquireExclusive())
        {
            // Between the purge's question how long the store is and its answer.
            store.OnLengthAsked = () => hold.Write(3 * Pages.Bytes, Pages.Of(9, 1));
            Assert.Equal(CoherencyStatus.Success, hold.FlushAndPurge().Status);
            Assert.Equal(4 * Pages.Bytes, hold.Length);
            Assert.Equal(Pages.Of(9, 1), Pages.Read(hold, Pages.Range(3)));
        }

        file.FlushAndPurge();
        byte[] stored = new byte[Pages.Bytes];
        Assert.Equal(stored.Length, store.Read(3 * Pages.Bytes, stored));
        Assert.Equal(Pages.Of(9, 1), stored);
    }

    [Fact]
    public void Writes_reads_and_leases_of_other_threads_of_the_hold_meet_no_page_that_is_cut_off()
    {
        using var test = new CachedFixture(Pages.Of(0, 8)) { ReaderLimit = ReaderLimit };
        using (var hold = test.File.AcquireExclusive())
        {
            using var writer = new Repeating(() => hold.Write(2 * Pages.Bytes, Pages.Of(3, 4)));
            using var leaser = new Repeating(() => LeaseIfThere(hold, Pages.Range(0, 6)));
            for (int i = 0; i < Purges; i++)
            {
                try
                {
                    hold.SetLength(Pages.Bytes + (i % Pages.Bytes));
                }
                catch (PagesHeldException)
                {
                    // A lease was there: nothing has changed.
                    continue;
                }

                test.Cache.Services.Evictor.Sweep(int.MaxValue);
            }

            writer.Stop();
            leaser.Stop();
            hold.Write(2 * Pages.Bytes, Pages.Of(3, 4));
            Assert.True(hold.FlushAndPurge().IsComplete);
        }

        Assert.Equal(Pages.Of(3, 4), test.Store.Content.AsSpan(2 * Pages.Bytes, 4 * Pages.Bytes));
    }

    [Fact]
    public void What_another_thread_of_the_hold_writes_during_a_cut_comes_after_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        Pages.Read(test.File, Pages.Range(0, 8));
        using (var hold = test.File.AcquireExclusive())
        {
            var writer = new Thread(() => hold.Write(3 * Pages.Bytes, Pages.Of(7)));
            test.Store.Before = call =>
            {
                if (call.Kind != StoreCallKind.SetLength) return;
                writer.UnsafeStart();

                // It waits for the page that is about to go; or it has passed, and its bytes go too.
                Patience.Await(() => !writer.IsAlive || writer.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
            };
            hold.SetLength(2 * Pages.Bytes);
            writer.Join();
            Assert.True(hold.FlushAndPurge().IsComplete);
        }

        Assert.Equal([.. Pages.Of(1, 2), .. Pages.Of(0), .. Pages.Of(7)], test.Store.Content);
    }

    private static void AssertReads(ExclusiveHold hold, byte[] content)
    {
        byte[] bytes = new byte[content.Length];
        Assert.Equal(bytes.Length, hold.Read(0, bytes));
        Assert.Equal(content, bytes);
    }

    private static void LeaseIfThere(ExclusiveHold hold, ByteRange range)
    {
        try
        {
            using var lease = hold.Lease(range, LeaseAccess.Write);
            Assert.Equal(range.Length, lease.WritableSpan.Length);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The file is shorter just now.
            return;
        }
    }

    private static void WaitUntil(Extent extent, Func<Extent, bool> holdsLocked)
    {
        while (true)
        {
            Signal change;
            lock (extent)
            {
                if (holdsLocked(extent)) return;
                change = extent.NextChangeLocked();
            }

            SyncCompletion.Wait(change.WaitAsync(CallMode.Blocking));
        }
    }

    /// <summary>A store that lets a test step in when it has been asked for its length, once.</summary>
    private sealed class LengthAskedStore : BackingStore
    {
        private readonly MemoryStore _memory = new();

        internal Action? OnLengthAsked { get; set; }

        public override long GetLength()
        {
            long length = _memory.GetLength();
            var step = OnLengthAsked;
            OnLengthAsked = null;
            step?.Invoke();
            return length;
        }

        public override int Read(long offset, Memory<byte> destination) => _memory.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            _memory.Write(offset, pieces);

        public override void Barrier() => _memory.Barrier();

        public override void SetLength(long length) => _memory.SetLength(length);
    }
}
