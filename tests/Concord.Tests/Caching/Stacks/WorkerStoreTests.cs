namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// Stores that use files of the same cache from threads of their own, which carry nobody's context.
/// </summary>
public sealed class WorkerStoreTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(TestRun.IsFull ? 60 : 0.5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(32, 2, false)]
    [InlineData(32, 3, true)]
    [InlineData(64, 2, true)]
    [InlineData(64, 3, false)]
    [InlineData(256, 3, false)]
    public void Stacks_of_them_under_load_lose_nothing_and_go_on(int pages, int levels, bool declare)
    {
        using var cache = Make(pages);
        var load = new StackLoad(
            [new FileStack(cache, levels, lowest: null, below => new WorkerStore(below, declare))],
            writers: 4, partPages: 60);
        load.Run(Time, callsAsync: false);
        cache.Close();
        Assert.Equal(0, cache.ResidentBytes);
        Assert.Equal(0, cache.State.LevelReserve.Borrowed);
        string kind = declare ? "which name what they are built on" : "which say nothing";
        Figures.Record(
            "R9", $"{levels} files with stores on threads of their own, {kind}, {pages} pages: turns of writers",
            $"{load.Turns}, all bytes right", "no end of waiting, all bytes right");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_full_of_the_upper_files_dirty_pages_is_written_through_the_file_below(bool declares)
    {
        using var cache = Make(pages: 16);
        var stack = new FileStack(cache, levels: 3, lowest: null, below => new WorkerStore(below, declares));
        byte[] content = Pages.Pattern(100 * Pages.Bytes, seed: 1);
        for (int page = 0; page < 100; page++)
        {
            stack.Top.Write((long)page * Pages.Bytes, content.AsSpan(page * Pages.Bytes, Pages.Bytes));
            Assert.InRange(
                cache.ResidentBytes, 0, cache.CapacityBytes + (2L * cache.State.PiecePagesMax * Pages.Bytes));
        }

        // Who names the files below waits for nothing that could wait for him.
        if (declares) Assert.Equal(0, cache.State.LevelReserve.Aside);
        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        Assert.Equal(content, stack.Stored(0, content.Length));
        cache.Close();
    }

    [Fact]
    public void More_files_than_may_have_memory_give_it_up_to_each_other()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            MaxSections = 1,
        });
        var stack = new FileStack(
            cache, levels: 2, lowest: null, static below => new WorkerStore(below, declares: false));
        byte[] content = Pages.Pattern(10 * Pages.Bytes, seed: 2);
        stack.Top.Write(0, content);
        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        Assert.Equal(content, Pages.Read(stack.Top, new ByteRange(0, content.Length)));
        Assert.Equal(content, stack.Stored(0, content.Length));
        cache.Close();
    }

    [Fact]
    public void A_store_that_names_a_file_built_on_it_is_refused()
    {
        using var cache = Make(pages: 64);
        object first = new();
        using var low = cache.Open(new Named(first), leaveOpen: true);
        var self = Assert.Throws<IOException>(() => cache.Open(new Named(first, low)));
        Assert.Contains("which is built on", self.Message, StringComparison.Ordinal);
        using var middle = cache.Open(new Named(new object(), low));
        using var high = cache.Open(new Named(new object(), middle));
        Assert.Equal(2, low.State.Level.Depth);
        Assert.Throws<IOException>(() => cache.Open(new Named(first, high)));
        using var second = cache.Open(new Named(first));
        Assert.Throws<IOException>(() => cache.Open(new Named(new object(), low, null!)));
    }

    [Theory]
    [InlineData("read the page", nameof(StoreCallKind.Read))]
    [InlineData("write the page", nameof(StoreCallKind.Read))]
    [InlineData("flush", nameof(StoreCallKind.Barrier))]
    [InlineData("purge", nameof(StoreCallKind.Write))]
    [InlineData("purge", nameof(StoreCallKind.Barrier))]
    [InlineData("write the page", nameof(StoreCallKind.Write))]
    [InlineData("set the length", nameof(StoreCallKind.Write))]
    [InlineData("hold", nameof(StoreCallKind.Write))]
    [InlineData("lease", nameof(StoreCallKind.Read))]
    [InlineData("write uncached", nameof(StoreCallKind.Barrier))]
    public async Task A_store_that_uses_its_own_file_is_told_so(string what, string call)
    {
        var within = Enum.Parse<StoreCallKind>(call);
        foreach (bool isAsync in new[] { false, true })
        {
            using var cache = Make(pages: 64, Short);
            var store = new ScriptedStore(Pages.Of(1, 8));
            using var file = cache.Open(store);
            Exception? told = null;
            file.Write(20, [5]);
            if (within == StoreCallKind.Read) Assert.True(file.FlushAndPurge().IsComplete);
            int calls = 0;
            store.Before = one =>
            {
                if (one.Kind != within || Interlocked.Increment(ref calls) > 1) return;
                using var worker = new WorkerStore.Worker();
                told = Record.Exception(() => worker.Do(() => Use(file, what)));
            };
            if (within == StoreCallKind.Read) Assert.Equal(10, file.Read(0, new byte[10]));
            else if (isAsync) Assert.True((await file.FlushAndPurgeAsync(cancellationToken: Token)).IsComplete);
            else Assert.True(file.FlushAndPurge().IsComplete);
            Assert.Contains(
                "scripted store, or of its log, has not answered", Assert.IsType<IOException>(told).Message,
                StringComparison.Ordinal);

            // Nothing is lost, and everything goes on.
            file.Write(30, [6]);
            Assert.True(file.FlushAndPurge().IsComplete);
            Assert.Equal([5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6], store.Content[20..31]);
        }
    }

    [Fact]
    public void Who_waits_behind_a_store_that_answers_slowly_is_not_told()
    {
        using var cache = Make(pages: 64, Short);
        using var never = new ManualResetEventSlim();
        var store = new ScriptedStore(Pages.Of(1, 40)) { Before = _ => never.Wait(TimeSpan.FromMilliseconds(20)) };
        using var file = cache.Open(store);
        for (int page = 0; page < 40; page += 2) file.Write((long)page * Pages.Bytes, [2]);
        using var begins = new ManualResetEventSlim();
        var flush = new Thread(() =>
        {
            begins.Set();
            file.FlushAndPurge();
        });
        flush.Start();
        begins.Wait(Token);
        for (int turn = 0; turn < 5; turn++) Assert.True(file.FlushAndPurge().IsComplete);
        flush.Join();
    }

    [Fact]
    public void Who_waits_for_room_behind_a_store_that_hangs_is_told_and_all_bytes_stay()
    {
        using var cache = Make(pages: 16, Short);
        var goOn = new ManualResetEventSlim();
        var hangs = new ManualResetEventSlim();
        var store = new ScriptedStore(Pages.Of(1, 40))
        {
            Before = call =>
            {
                if (call.Kind != StoreCallKind.Write) return;
                hangs.Set();
                goOn.Wait(TimeSpan.FromMinutes(1));
            },
        };
        var file = cache.Open(store);
        var writer = new Thread(() =>
        {
            for (int page = 0; page < 20; page++) file.Write((long)page * Pages.Bytes, Pages.Of(5));
        });
        writer.Start();
        try
        {
            Assert.True(hangs.Wait(TimeSpan.FromMinutes(1), Token));
            var told = Assert.Throws<IOException>(() => file.Read(30 * Pages.Bytes, new byte[1]));
            Assert.Contains("has not answered for 00:00:00.1", told.Message, StringComparison.Ordinal);
        }
        finally
        {
            goOn.Set();
            writer.Join();
        }

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(5, 20), store.Content[..(20 * Pages.Bytes)]);
        file.Close();
    }

    [Fact]
    public void How_long_somebody_waits_behind_a_store_is_told_by_the_cache_s_clock()
    {
        var clock = new ForwardClock();
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            TimeProvider = clock,
        });
        var goOn = new ManualResetEventSlim();
        var hangs = new ManualResetEventSlim();
        var store = new ScriptedStore
        {
            Before = call =>
            {
                hangs.Set();
                goOn.Wait(TimeSpan.FromMinutes(1));
            },
        };
        var file = cache.Open(store);
        file.Write(0, [7]);
        var flush = new Thread(() => file.Flush());
        flush.Start();
        Assert.True(hangs.Wait(TimeSpan.FromMinutes(1), Token));
        Exception? told = null;
        var waiter = new Thread(() => told = Record.Exception(() => file.AcquireExclusive().Dispose()));
        waiter.Start();
        Assert.False(waiter.Join(Short));
        clock.Ahead = TimeSpan.FromMinutes(11);
        Assert.True(waiter.Join(TimeSpan.FromMinutes(1)));
        Assert.Contains("00:10:00", Assert.IsType<IOException>(told).Message, StringComparison.Ordinal);
        goOn.Set();
        flush.Join();
        Assert.Equal([7], store.Content);
        file.Close();
    }

    private static void Use(CachedFile file, string what)
    {
        switch (what)
        {
            case "read the page": file.Read(0, new byte[1]); break;
            case "write the page": file.Write(0, [1]); break;
            case "flush": file.Flush(); break;
            case "purge": file.FlushAndPurge(); break;
            case "set the length": file.SetLength(4); break;
            case "hold": file.AcquireExclusive().Dispose(); break;
            case "lease": file.Lease(Pages.Range(0), LeaseAccess.Read).Dispose(); break;
            default: file.WriteUncached(0, (byte[])[1]); break;
        }
    }

    private static FileCache Make(int pages, TimeSpan? storeWait = null) => new(new FileCacheOptions
    {
        CapacityBytes = (long)pages * Pages.Bytes,
        MaxDirtyBytes = (long)pages * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
        StoreWaitTimeout = storeWait ?? TimeSpan.FromMinutes(10),
    });

    /// <summary>A store that is what it is told to be, and built on what it is told.</summary>
    private sealed class Named(object identity, params CachedFile[] below) : BackingStore
    {
        public override object Identity => identity;

        public override IReadOnlyCollection<ICoherentFile> FilesBelow => below;

        public override long GetLength() => 0;

        public override int Read(long offset, Memory<byte> destination) => 0;

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            throw new IOException("not this one");

        public override void Barrier()
        {
        }

        public override void SetLength(long length)
        {
        }
    }
}
