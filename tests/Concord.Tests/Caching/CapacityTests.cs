using System.Diagnostics;
using Concord.Caching;
using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Tests.Simulation;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>
/// Memory stays within the capacity and what is leased (I7); what cannot go on is an error and never a hang.
/// </summary>
public sealed class CapacityTests
{
    private const int CapacityPages = 64;
    private static readonly int Page = PageGeometry.PageBytes;

    /// <summary>Far longer than a caller looks who is told that the cache is full.</summary>
    private static readonly TimeSpan ManyLooks = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("0x10000000", 64L << 20)]
    [InlineData("0x40000000", 256L << 20)]
    public void The_default_is_a_quarter_of_what_the_process_may_use(string heapLimit, long capacity)
    {
        using var child = Child.Start(new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = heapLimit },
            "default-capacity");
        string line = child.StandardOutput.ReadToEnd().Trim();
        child.WaitForExit();
        Assert.Equal(capacity.ToString(null, null), line);
    }

    [Fact]
    public void Who_finds_no_page_that_could_leave_waits_for_room_that_somebody_has_and_does_not_use_yet()
    {
        var scheduler = new SimScheduler(seed: 1);
        var cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = CapacityPages * Page,
                LazyWriterInterval = TimeSpan.Zero,
                SectionKind = SectionKind.Private,
            },
            scheduler);
        var file = cache.Open(new SimStore(scheduler, Pages.Of(7, 4)));
        Assert.True(file.State.TryReserve(CapacityPages));
        byte[] got = new byte[1];
        Task<int>? reading = null;
        scheduler.Run(
            100_000,
            () => reading = file.ReadAsync(0, got).AsTask(),
            async () =>
            {
                await scheduler.DelayAsync(ManyLooks, CallMode.Async);
                Assert.False(reading!.IsCompleted, $"it was told {reading.Exception}");
                file.State.ReleaseBacked(CapacityPages);
            });
        Assert.Equal(7, got[0]);
    }

    [Fact]
    public void Writes_that_begin_at_once_take_together_what_is_left_of_the_limit_and_no_more()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = CapacityPages * Page,
            MaxDirtyBytes = 4 * Page,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var file = cache.Open(new MemoryStore(Pages.Of(1, 8)));
        var admission = file.State.Cache.Admission;
        int[] admitted = [.. new[] { 3, 1, 3, 3 }.Select(
            wanted => admission.TryBegin(file.State.Admitted, file.State.Demand, wanted, default))];
        Assert.Equal([3, 1, 0, 0], admitted);
        foreach (int pages in admitted) admission.End(file.State.Admitted, pages, default);
        Assert.Equal(2, admission.TryBegin(file.State.Admitted, file.State.Demand, 2, default));
        admission.End(file.State.Admitted, 2, default);
    }

    [Fact]
    public void However_much_is_dirty_within_the_limit_a_writer_asks_for_no_barrier_before_a_store_has_accepted_any()
    {
        var store = new ScriptedStore(Pages.Of(1, CapacityPages));
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = CapacityPages * Page,
            MaxDirtyBytes = CapacityPages * Page,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var file = cache.Open(store);
        for (int page = 0; page < CapacityPages; page++) file.Write(page * Page, Pages.Of(7));
        Assert.Empty(store.AllCalls);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(7, CapacityPages), store.Content);
    }

    [Theory]
    [InlineData(SectionKind.Automatic)]
    [InlineData(SectionKind.Private)]
    public void Under_pressure_memory_stays_within_the_capacity_and_what_is_leased(SectionKind kind)
    {
        const int Threads = 8, Files = 3, WorkingSetPages = 100 * CapacityPages;
        var limit = TimeSpan.FromSeconds(TestRun.IsFull ? 60 : 3);
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = CapacityPages * Page,
            SectionKind = kind,
            LazyWriterInterval = TimeSpan.FromMilliseconds(50),
        });
        var stores = Enumerable.Range(0, Files).Select(_ => new MemoryStore()).ToArray();
        foreach (var store in stores) store.SetLength((long)WorkingSetPages * Page);
        var handles = stores.Select(store => cache.Open(store, leaveOpen: true)).ToArray();
        long operations = 0, most = 0, slowest = 0;
        var clock = Stopwatch.StartNew();
        long[][] last = new long[Threads][];
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            var random = new Random(thread);
            long[] mine = last[thread] = new long[WorkingSetPages];
            byte[] got = new byte[8];
            for (long turn = 1; clock.Elapsed < limit; turn++)
            {
                int page = random.Next(WorkingSetPages);
                var file = handles[(page + thread) % Files];
                long at = ((long)page * Page) + (thread * 8);
                long started = Stopwatch.GetTimestamp();
                if (turn % 97 == 0)
                {
                    using var lease = file.Lease(new ByteRange(at, 8), LeaseAccess.Write);
                    Assert.Equal(mine[page], BitConverter.ToInt64(lease.Span));
                    BitConverter.TryWriteBytes(lease.WritableSpan, mine[page] = turn);
                }
                else
                {
                    Assert.Equal(8, file.Read(at, got));
                    Assert.Equal(mine[page], BitConverter.ToInt64(got));
                    file.Write(at, BitConverter.GetBytes(mine[page] = turn));
                }

                // What was leased a moment ago may still be on top: at most one page a thread.
                Max(ref most, cache.ResidentBytes / Page);
                Max(ref slowest, Stopwatch.GetTimestamp() - started);
                Interlocked.Increment(ref operations);
            }
        });
        Assert.InRange(most, 1, CapacityPages + Threads);
        var wait = Stopwatch.GetElapsedTime(0, slowest);
        Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        for (int i = 0; i < Files; i++) Assert.True(handles[i].FlushAndPurge().IsComplete);
        CheckStores(stores, last, WorkingSetPages);
        Figures.Record("I3", $"pressure: most pages resident of {CapacityPages} and {Threads} leased ({kind})",
            $"{most}", $"at most {CapacityPages + Threads}");
        Figures.Record("I3", $"pressure: slowest call ({kind})",
            $"{wait.TotalMilliseconds:F0} ms of {operations} calls", "at most 5 s");
    }

    [Fact]
    public void Leases_come_on_top_of_the_capacity_and_go_when_they_end()
    {
        const int Pages = 400;
        using var cache = Small();
        using var file = cache.Open(new MemoryStore(new byte[Pages * Page]));
        var leases = Enumerable.Range(0, 4).Select(i => file.Lease(new ByteRange(i * 100L * Page, 100 * Page)))
            .ToArray();
        Assert.InRange(cache.ResidentBytes / Page, Pages, Pages + CapacityPages);
        foreach (var lease in leases) lease.Dispose();
        Assert.InRange(cache.ResidentBytes / Page, 0, CapacityPages);
    }

    [Fact]
    public void Evicted_and_purged_memory_returns_to_the_system()
    {
        ProcessSections.RequireLinux();
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = CapacityPages * Page,
            SectionKind = SectionKind.Shared,
            LazyWriterInterval = TimeSpan.Zero
        });
        var before = ProcessSections.Descriptors();
        using var file = cache.Open(new MemoryStore());
        for (int i = 0; i < 20 * CapacityPages; i++) file.Write((long)i * Page, new byte[Page]);
        using var memory = File.OpenHandle(Assert.Single(ProcessSections.Descriptors().Except(before)));
        Assert.InRange(AllocatedBytes.Of(memory), Page, CapacityPages * Page);
        Assert.Equal(cache.ResidentBytes, AllocatedBytes.Of(memory));

        // What was purged is still there, and makes room for the next before anything else does.
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(cache.ResidentBytes, AllocatedBytes.Of(memory));
        cache.Services.Evictor.Sweep(CapacityPages);
        Assert.Equal(0, cache.ResidentBytes);
        Assert.Equal(0, AllocatedBytes.Of(memory));
    }

    [Fact]
    public void A_lease_longer_than_the_cache_is_taken()
    {
        const int Pages = 1000;
        using var cache = Small();
        using var file = cache.Open(new MemoryStore(Enumerable.Repeat((byte)5, Pages * Page).ToArray()));
        using var lease = file.Lease(new ByteRange(10, (Pages * Page) - 20), LeaseAccess.Write);
        Assert.True(lease.Span.IndexOfAnyExcept((byte)5) < 0);
        Assert.Equal(5, Byte(file, 0));
    }

    [Fact]
    public void When_nothing_can_be_written_back_a_write_fails_with_the_reason()
    {
        using var cache = Small();
        var store = new PoorStore();
        var file = cache.Open(store);
        store.Refuses = true;
        var error = Assert.Throws<IOException>(() =>
        {
            for (int i = 0; i < 10 * CapacityPages; i++) file.Write((long)i * Page, new byte[Page]);
        });
        Assert.Contains("the cache is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("no space", error.Message, StringComparison.Ordinal);
        Assert.InRange(cache.ResidentBytes / Page, 1, CapacityPages);

        // What was taken before is still there, and everything goes on when the store does.
        Assert.Equal(0, Byte(file, 0));
        store.Refuses = false;
        file.Write(20L * CapacityPages * Page, new byte[Page]);
        Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.True(file.FlushAndPurge().IsComplete);
        file.Close();
    }

    [Fact]
    public void Memory_that_the_system_refuses_is_a_failed_load_and_takes_no_room()
    {
        using var cache = Small();
        var section = new PoorSection();
        cache.State.MakeSection = () => section;
        using var file = cache.Open(new MemoryStore(Enumerable.Repeat((byte)5, 10 * Page).ToArray()));
        section.RefusesMemory = true;
        var error = Assert.Throws<IOException>(() => file.Read(0, new byte[10]));
        Assert.IsType<OutOfMemoryException>(error.InnerException);
        Assert.Throws<IOException>(() => file.Write(0, new byte[Page]));
        Assert.Throws<IOException>(() => file.Lease(new ByteRange(0, 10)));
        Assert.Equal(0, cache.ResidentBytes);
        section.RefusesMemory = false;
        Assert.Equal(5, Byte(file, 100));

        section.RefusesWindows = true;
        var far = Assert.Throws<IOException>(() => file.Write(8L << 30, new byte[10]));
        Assert.IsType<OutOfMemoryException>(far.InnerException);
        Assert.Equal(10 * Page, file.Length);
    }

    [Fact]
    public async Task Reading_ahead_into_a_window_that_the_system_refuses_leaves_no_page_that_is_loading_for_ever()
    {
        const long Boundary = Section.WindowBytesMin;
        using var cache = Small();
        var section = new PoorSection();
        cache.State.MakeSection = () => section;
        var store = new MemoryStore();
        store.SetLength(2 * Boundary);
        using var file = cache.Open(store);
        _ = Byte(file, 0);
        section.RefusesWindows = true;
        var range = ByteRange.FromBounds(Boundary - (4 * Page), Boundary + (4 * Page));
        var loader = new RunLoader(file.State, file.Services.Cache.Evictor);
        Assert.IsType<IOException>(
            await Record.ExceptionAsync(async () => await loader.LoadAsync(range, CallMode.Blocking)));
        Assert.Equal(0, Byte(file, Boundary - 1));
        file.Close();
    }

    [Fact]
    public void A_window_is_shorter_where_address_space_is_short()
    {
        var section = new PoorSection { WindowMax = 2 * Section.WindowBytesMin };
        Assert.NotEqual(0, section.AddressOf(0));
        Assert.NotEqual(0, section.AddressOf(Section.WindowBytesMin + 5));
        Assert.Throws<OutOfMemoryException>(() => section.AddressOf(100 * Section.WindowBytesMin));
        section.Dispose();
    }

    /// <summary>What this child program prints: the capacity of a cache without options.</summary>
    internal static int PrintDefaultCapacity()
    {
        using var cache = new FileCache();
        Console.WriteLine(cache.CapacityBytes);
        return 0;
    }

    private static FileCache Small() => new(new FileCacheOptions
    {
        CapacityBytes = CapacityPages * Page,
        LazyWriterInterval = TimeSpan.Zero,
    });

    private static void CheckStores(MemoryStore[] stores, long[][] last, int pages)
    {
        byte[] all = new byte[Page];
        for (int page = 0; page < pages; page++)
        {
            for (int thread = 0; thread < last.Length; thread++)
            {
                stores[(page + thread) % stores.Length].Read((long)page * Page, all);
                Assert.Equal(last[thread][page], BitConverter.ToInt64(all, thread * 8));
            }
        }
    }

    private static int Byte(CachedFile file, long offset)
    {
        byte[] one = new byte[1];
        Assert.Equal(1, file.Read(offset, one));
        return one[0];
    }

    private static void Max(ref long most, long value)
    {
        for (long seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            if (Interlocked.CompareExchange(ref most, value, seen) == seen) return;
        }
    }

    /// <summary>A section whose system is out of memory when asked to be.</summary>
    private sealed class PoorSection : Section
    {
        public bool RefusesMemory { get; set; }

        public bool RefusesWindows { get; set; }

        public long WindowMax { get; init; } = long.MaxValue;

        internal override bool CanAlias => false;

        internal override void Back(ByteRange range)
        {
            if (RefusesMemory) throw new OutOfMemoryException("planted");
            VirtualMemory.Commit(AddressOf(range.Offset), range.Length);
        }

        internal override void GiveBack(ByteRange range) =>
            VirtualMemory.GiveBack(AddressOf(range.Offset), range.Length);

        private protected override nint Reserve(long start, long length) =>
            RefusesWindows || length > WindowMax
                ? throw new OutOfMemoryException("planted")
                : VirtualMemory.Reserve(length);

        private protected override void Release(Window window) => VirtualMemory.Release(window.Address, window.Length);
    }

    private sealed class PoorStore : BackingStore
    {
        private readonly MemoryStore _memory = new();

        public bool Refuses { get; set; }

        public override long GetLength() => _memory.GetLength();

        public override int Read(long offset, Memory<byte> destination) => _memory.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            if (Refuses) throw new IOException("no space");
            _memory.Write(offset, pieces);
        }

        public override void Barrier() => _memory.Barrier();

        public override void SetLength(long length) => _memory.SetLength(length);
    }
}
