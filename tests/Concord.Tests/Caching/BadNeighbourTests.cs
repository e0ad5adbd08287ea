using System.Diagnostics;

namespace Concord.Tests.Caching;

/// <summary>A store that fails, hangs or is slow delays and fails the callers of its own file only.</summary>
public sealed class BadNeighbourTests
{
    private const int CapacityPages = 64, GoodPages = 300;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    [Fact]
    public void A_store_that_refuses_writes_takes_the_dirty_limit_from_its_own_writers_only()
    {
        using var cache = Make();
        var bad = new ScriptedStore { Fails = static call => IsWrite(call) ? new IOException("no space") : null };
        var badFile = cache.Open(bad);
        WriteUntilRefused(badFile);
        CheckGood(cache);

        // It goes on to be told what is wrong with it, and goes on when that is mended.
        Assert.Throws<IOException>(() => badFile.Write(500L * Pages.Bytes, Pages.Of(1)));
        bad.Fails = static _ => null;
        badFile.Write(500L * Pages.Bytes, Pages.Of(1));
        Assert.NotNull(Record.Exception(() => badFile.FlushAndPurge()));
        Assert.True(badFile.FlushAndPurge().IsComplete);
        badFile.Close();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_store_that_hangs_delays_its_own_writers_only(bool inBarriers)
    {
        using var cache = Make();
        using var goOn = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        var bad = new ScriptedStore
        {
            Before = call =>
            {
                if (inBarriers ? call.Kind != StoreCallKind.Barrier : !IsWrite(call)) return;
                hangs.Set();
                goOn.Wait(Limit);
            },
        };
        var badFile = cache.Open(bad);
        var writer = new Thread(() =>
        {
            for (int page = 0; page < GoodPages; page++) badFile.Write((long)page * Pages.Bytes, Pages.Of(5));
        });
        writer.IsBackground = true;
        writer.Start();
        Assert.True(hangs.Wait(Limit, TestContext.Current.CancellationToken));
        CheckGood(cache);
        Assert.False(goOn.IsSet);
        Assert.True(writer.IsAlive);
        goOn.Set();
        Assert.True(writer.Join(Limit));
        Assert.True(badFile.FlushAndPurge().IsComplete);
        badFile.Close();
    }

    [Fact]
    public void Who_finds_no_room_since_other_files_refuse_slowly_is_told()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 32 * Pages.Bytes,
            MaxDirtyBytes = 32 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var isMended = new ManualResetEventSlim();

        // They take longer to refuse than a caller waits before it looks for room again.
        BackingStore Slow() => new ScriptedStore
        {
            Fails = call =>
                IsWrite(call) && !isMended.Wait(TimeSpan.FromMilliseconds(120)) ? new IOException("no space") : null,
        };
        CachedFile[] bad = [cache.Open(Slow()), cache.Open(Slow())];
        for (int page = 0; page < 32; page++) bad[page % 2].Write(page / 2 * (long)Pages.Bytes, Pages.Of(5));
        var good = cache.Open(new ScriptedStore(Pages.Of(7, 8)));
        Exception? told = null;
        var reader = new Thread(() => told = Record.Exception(() => good.Read(0, new byte[2 * Pages.Bytes])));
        reader.IsBackground = true;
        reader.Start();
        bool ended = reader.Join(Limit);
        isMended.Set();
        Assert.True(ended, "the reader waits for ever");
        var error = Assert.IsType<IOException>(told);
        Assert.Contains("the cache is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("no space", error.Message, StringComparison.Ordinal);
        Assert.Equal(2 * Pages.Bytes, good.Read(0, new byte[2 * Pages.Bytes]));
        foreach (var file in bad) Assert.Null(Record.Exception(() => CloseTold(file)));
        good.Close();
    }

    [Fact]
    public void A_file_whose_barriers_fail_leaves_a_fifth_of_memory_to_others()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 100 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        bool fails = true;
        var store = new ScriptedStore
        {
            Fails = call => fails && call.Kind == StoreCallKind.Barrier ? new IOException("no space") : null,
        };
        var bad = cache.Open(store);
        WriteUntilRefused(bad);
        Assert.InRange(cache.ResidentBytes, 0, 81 * Pages.Bytes);
        fails = false;
        bad.Write(GoodPages * (long)Pages.Bytes, Pages.Of(1));
        Assert.NotNull(Record.Exception(() => bad.FlushAndPurge()));
        Assert.True(bad.FlushAndPurge().IsComplete);
        bad.Close();
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(40, 5)]
    public void However_many_threads_write_a_file_that_refuses_it_leaves_three_tenths_of_memory(
        int writers, int milliseconds)
    {
        using var cache = Make();
        using var isMended = new ManualResetEventSlim();
        var bad = cache.Open(Refusing(isMended, milliseconds));
        RunAll(writers, writer =>
        {
            for (int page = 0; page < 10; page++) TryTo(() => bad.Write(PageAt(writer, page), Pages.Of(5)));
        });
        Assert.InRange(cache.DirtyBytes, 1, (CapacityPages * 7 / 10 + 1) * Pages.Bytes);
        CheckGood(cache);
        isMended.Set();
        CloseTold(bad);

        long PageAt(int writer, int page) => ((writer * 10L) + page) * Pages.Bytes;
    }

    [Fact]
    public void However_many_files_refuse_others_go_on()
    {
        using var cache = Make();
        using var isMended = new ManualResetEventSlim();
        var bad = Enumerable.Range(0, CapacityPages / 2).Select(_ => cache.Open(Refusing(isMended))).ToArray();
        for (int page = 0; page < 4; page++)
        {
            foreach (var file in bad) TryTo(() => file.Write(page * (long)Pages.Bytes, Pages.Of(5)));
        }

        CheckGood(cache);
        isMended.Set();
        foreach (var file in bad) CloseTold(file);
    }

    [Fact]
    public void Leases_for_writing_of_a_file_that_refuses_leave_memory_to_others()
    {
        using var cache = Make();
        using var isMended = new ManualResetEventSlim();
        var bad = cache.Open(Refusing(isMended, content: Pages.Of(1, 2 * CapacityPages)));
        int refused = 0;
        for (int page = 0; page < 2 * CapacityPages; page++)
        {
            refused += TryTo(() => bad.Lease(Pages.Range(page), LeaseAccess.Write).Dispose()) ? 0 : 1;
        }

        Assert.InRange(refused, CapacityPages, 2 * CapacityPages);
        CheckGood(cache);
        isMended.Set();
        CloseTold(bad);
    }

    [Fact]
    public void Who_needs_room_for_a_file_that_refuses_is_told_also_where_others_try_to_write_it()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 32 * Pages.Bytes,
            MaxDirtyBytes = 32 * Pages.Bytes,
            MaxReadAheadBytes = 0,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var isMended = new ManualResetEventSlim();
        var bad = cache.Open(Refusing(isMended, milliseconds: 2, content: Pages.Of(1, 64)));
        for (int page = 0; page < 32; page++) bad.Write(page * (long)Pages.Bytes, Pages.Of(5));
        int told = 0;
        RunAll(6, reader =>
        {
            if (!TryTo(() => bad.Read((40 + reader) * (long)Pages.Bytes, new byte[1]))) Interlocked.Increment(ref told);
        });
        Assert.Equal(6, told);
        isMended.Set();
        CloseTold(bad);
    }

    [Fact]
    public void Hits_of_several_threads_keep_the_dirty_limit()
    {
        const int Large = 2048, Threads = 4;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = Large * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var isMended = new ManualResetEventSlim();
        var bad = cache.Open(Refusing(isMended, content: Pages.Of(1, Large * 9 / 10)));
        bad.Read(0, new byte[Large * 9 / 10 * Pages.Bytes]);
        byte[] part = Pages.Of(5, Large * 9 / 10 / Threads);
        using var start = new Barrier(Threads);
        RunAll(Threads, writer =>
        {
            start.SignalAndWait(Limit);
            TryTo(() => bad.Write((long)writer * part.Length, part));
        });
        Assert.InRange(cache.DirtyBytes, 1, Large * 3 / 4 * Pages.Bytes);
        isMended.Set();
        CloseTold(bad);
    }

    [Fact]
    public void Trying_to_lease_asks_no_store_to_write()
    {
        using var cache = Make();
        using var isMended = new ManualResetEventSlim();
        var store = Refusing(isMended, content: Pages.Of(1, CapacityPages));
        var file = cache.Open(store);
        file.Read(40L * Pages.Bytes, new byte[1]);
        for (int page = 0; page < CapacityPages / 2; page++) file.Write(page * (long)Pages.Bytes, Pages.Of(5));
        int writes = store.Writes.Count;
        Assert.True(file.TryLease(Pages.Range(40), LeaseAccess.Write, out var lease));
        lease.Dispose();
        Assert.Equal(writes, store.Writes.Count);
        isMended.Set();
        CloseTold(file);
    }

    [Fact]
    public void A_writer_at_the_dirty_limit_waits_for_no_load_of_others()
    {
        using var cache = Make();
        using var goOn = new ManualResetEventSlim();
        using var isLoading = new ManualResetEventSlim();
        var store = new ScriptedStore(Pages.Of(1, 2 * GoodPages));
        store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Read || call.Offset < GoodPages * (long)Pages.Bytes) return;
            isLoading.Set();
            goOn.Wait(Limit);
        };
        using var file = cache.Open(store);
        var slow = new Thread(() => file.Write((GoodPages * (long)Pages.Bytes) + 5, [9])) { IsBackground = true };
        slow.Start();
        Assert.True(isLoading.Wait(Limit, TestContext.Current.CancellationToken));
        long began = Stopwatch.GetTimestamp();
        for (int page = 0; page < GoodPages; page++) file.Write(page * (long)Pages.Bytes, Pages.Of(5));
        var took = Stopwatch.GetElapsedTime(began);
        goOn.Set();
        Assert.True(slow.Join(Limit));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.True(file.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void What_idle_files_have_left_to_a_barrier_is_made_durable_for_a_writer()
    {
        const int Idle = 30;
        using var cache = Make();
        var idle = Enumerable.Range(0, Idle).Select(_ => new ScriptedStore()).ToArray();
        var files = idle.Select(store => cache.Open(store)).ToArray();
        var busy = new ScriptedStore();
        var file = cache.Open(busy);
        foreach (var other in files) other.Write(0, Pages.Of(5, 2));

        // The writer's store is asked for a barrier now and then, not for each page.
        for (int page = 0; page < GoodPages; page++) file.Write(page * (long)Pages.Bytes, Pages.Of(5));
        Assert.InRange(busy.Barriers.Count, 0, GoodPages / 4);
    }

    [Fact]
    public void Trying_to_read_in_a_loop_begins_one_load()
    {
        using var goOn = new ManualResetEventSlim();
        using var cache = Make();
        var store = new ScriptedStore(Pages.Of(7, 500));
        store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Read) goOn.Wait(Limit);
        };
        using var file = cache.Open(store);
        byte[] bytes = new byte[100];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100_000; i++) Assert.False(file.TryRead(10, bytes, out _));

        // Nor more of different ranges than the store can do anything with.
        for (int i = 0; i < 100_000; i++) Assert.False(file.TryRead((i % 400) * (long)Pages.Bytes, bytes, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        goOn.Set();
        Patience.Await(() => file.TryRead(10, bytes, out int count) && count == 100);
        Assert.Equal(7, bytes[0]);
    }

    [Fact]
    public async Task A_log_with_neither_form_is_told_so()
    {
        var log = new BareLog();
        var error = Assert.Throws<NotSupportedException>(() => log.FlushTo(1));
        Assert.Contains("BareLog has neither FlushTo nor FlushToAsync", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NotSupportedException>(
            async () => await log.FlushToAsync(1, TestContext.Current.CancellationToken));
    }

    private static FileCache Make() => new(new FileCacheOptions
    {
        CapacityBytes = CapacityPages * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    /// <summary>A store that refuses writes, each after a time, until it is mended.</summary>
    private static ScriptedStore Refusing(
        ManualResetEventSlim isMended, int milliseconds = 0, byte[]? content = null) => new(content)
        {
            Fails = call => IsWrite(call) && !isMended.Wait(milliseconds) ? new IOException("no space") : null,
        };

    /// <summary>Runs threads that all have to end.</summary>
    private static void RunAll(int count, Action<int> act)
    {
        var threads = Enumerable.Range(0, count)
            .Select(number => new Thread(() => act(number)) { IsBackground = true }).ToList();
        threads.ForEach(static thread => thread.Start());
        Assert.All(threads, static thread => Assert.True(thread.Join(Limit), "a thread waits for ever"));
    }

    /// <summary>Whether a call succeeds; the cache may tell it that it is full.</summary>
    private static bool TryTo(Action call)
    {
        if (Record.Exception(call) is not { } error) return true;
        Assert.Contains("the cache is full", Assert.IsType<IOException>(error).Message, StringComparison.Ordinal);
        return false;
    }

    /// <summary>Closes a file; a close tells once what failed in the background.</summary>
    private static void CloseTold(CachedFile file)
    {
        if (Record.Exception(file.Close) is not null) file.Close();
    }

    private static bool IsWrite(StoreCall call) => call.Kind == StoreCallKind.Write;

    private static void WriteUntilRefused(CachedFile file)
    {
        var error = Assert.Throws<IOException>(() =>
        {
            for (int page = 0; page < GoodPages; page++) file.Write((long)page * Pages.Bytes, Pages.Of(5));
        });
        Assert.Contains("no space", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Writes and reads more of another file than the cache has room for.</summary>
    private static void CheckGood(FileCache cache)
    {
        var store = new ScriptedStore();
        using var file = cache.Open(store);
        for (int page = 0; page < GoodPages; page++) file.Write((long)page * Pages.Bytes, Pages.Of((byte)page));
        for (int page = 0; page < GoodPages; page++)
        {
            Assert.Equal(Pages.Of((byte)page), Pages.Read(file, Pages.Range(page)));
        }

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(GoodPages * Pages.Bytes, store.Content.Length);
    }

    private sealed class BareLog : WriteAheadLog;
}
