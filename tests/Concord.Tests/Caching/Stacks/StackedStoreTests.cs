using Concord.Tests.Caching.Views;

namespace Concord.Tests.Caching.Stacks;

/// <summary>Stores that are built on files of the same cache.</summary>
public sealed class StackedStoreTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(TestRun.IsFull ? 60 : 1.2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, false, false, WriteMode.WriteBack)]
    [InlineData(2, false, true, WriteMode.WriteBack)]
    [InlineData(2, true, false, WriteMode.HandOver)]
    [InlineData(1, true, true, WriteMode.WriteBack)]
    public void Stacks_of_three_under_load_in_a_mebibyte_lose_nothing_and_go_on(
        int stacks, bool areAsync, bool callsAsync, WriteMode writeMode)
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 1 << 20,
            LazyWriterInterval = TimeSpan.FromMilliseconds(20),
            MaxDirtyBytes = areAsync ? 1 << 20 : 0,
            WriteMode = writeMode,
        });
        var load = new StackLoad(
            [.. Enumerable.Range(0, stacks).Select(_ => new FileStack(cache, levels: 3, areAsync))],
            writers: 8, partPages: 100);
        load.Run(Time, callsAsync);
        cache.Close();
        Assert.Equal(0, cache.ResidentBytes);
        Assert.Equal(0, cache.State.LevelReserve.Borrowed);
        string kind = $"{Word(areAsync)} stores, {Word(callsAsync)} calls";
        Figures.Record(
            "R9", $"{stacks} x 3 files, each the store of the next, in 1 MiB: turns of writers ({kind})",
            $"{load.Turns}, all bytes right", "no end of waiting, all bytes right");
    }

    [Theory]
    [InlineData(2, 64)]
    [InlineData(3, 128)]
    public void Little_memory_is_never_called_full_while_others_are_on_their_way(int levels, int pages)
    {
        using var cache = Make(pages, dirtyPages: 0);
        new StackLoad([new FileStack(cache, levels)], writers: 4, partPages: 100).Run(Time, callsAsync: false);
        cache.Close();
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(16, true)]
    [InlineData(256, false)]
    public async Task Memory_full_of_dirty_pages_of_the_upper_file_is_written_through_the_files_below(
        int pages, bool isAsync)
    {
        using var cache = Make(pages, dirtyPages: pages);
        var stack = new FileStack(cache, levels: 4, isAsync);

        // No store was called yet that tells which file stands on which.
        byte[] content = Pages.Pattern(8 * pages * Pages.Bytes, seed: 1);
        for (int page = 0; page < pages; page++)
        {
            stack.Top.Write(page * Pages.Bytes, content.AsSpan(page * Pages.Bytes, Pages.Bytes));
        }

        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        for (int at = 0; at < content.Length; at += 3000)
        {
            int length = Math.Min(3000, content.Length - at);
            await stack.Top.WriteAsync(at, content.AsMemory(at, length), Token);
            CheckRoom(cache, levels: 4);
        }

        Assert.True((await stack.Top.FlushAndPurgeAsync(cancellationToken: Token)).IsComplete);
        Assert.Equal(content, stack.Stored(0, content.Length));
        cache.Close();
    }

    [Fact]
    public void What_a_lease_larger_than_the_cache_has_written_goes_through_the_files_below()
    {
        using var cache = Make(pages: 16, dirtyPages: 0);
        var stack = new FileStack(cache, levels: 3);
        byte[] content = Pages.Pattern(60 * Pages.Bytes, seed: 2);
        stack.Top.SetLength(content.Length);
        using (var lease = stack.Top.Lease(Pages.Range(0, 60), LeaseAccess.Overwrite))
        {
            content.CopyTo(lease.WritableSpan);
        }

        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        Assert.Equal(content, stack.Stored(0, content.Length));
        cache.Close();
    }

    [Fact]
    public void A_view_of_the_upper_file_shows_what_the_files_below_have()
    {
        using var cache = Make(pages: 64, dirtyPages: 0);
        var stack = new FileStack(cache, levels: 3);
        byte[] content = Pages.Pattern(300 * Pages.Bytes, seed: 3);
        stack.Top.Write(0, content);
        using (var view = ViewFixture.MapOrSkip(cache, stack.Top, ViewAccess.ReadWrite))
        {
            Assert.Equal(content, NativeMemory.Read(view, 0, content.Length));
            for (int page = 0; page < 300; page += 2)
            {
                content[page * Pages.Bytes] ^= 0xFF;
                NativeMemory.Write(view, page * Pages.Bytes, [content[page * Pages.Bytes]]);
            }

            Assert.Equal(content, Pages.Read(stack.Top, new ByteRange(0, content.Length)));
        }

        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        Assert.Equal(content, stack.Stored(0, content.Length));
        cache.Close();
    }

    [Theory]
    [InlineData("close", false)]
    [InlineData("close", true)]
    [InlineData("close, asynchronously", false)]
    [InlineData("close, asynchronously", true)]
    [InlineData("dispose", false)]
    [InlineData("dispose", true)]
    public async Task A_file_that_has_to_stay_open_keeps_those_below_open_too(string how, bool isLeased)
    {
        using var cache = Make(pages: 64, dirtyPages: 0);
        var lowest = new MemoryStore();
        var middle = cache.Open(new RefusingStore(cache.Open(lowest, leaveOpen: true)));
        var store = new RefusingStore(middle);
        var top = cache.Open(store);
        byte[] content = Pages.Pattern(20 * Pages.Bytes, seed: 5);
        top.Write(0, content);
        store.Refuses = !isLeased;
        var lease = isLeased ? top.Lease(Pages.Range(0)) : null;
        var error = await Record.ExceptionAsync(async () =>
        {
            if (how == "dispose") cache.Dispose();
            else if (how == "close") cache.Close();
            else await cache.CloseAsync(Token);
        });
        Assert.Equal(how == "dispose", error is null);
        store.Refuses = false;
        lease?.Dispose();
        foreach (var failed in cache.FailedFiles) failed.Retry();
        cache.Close();
        byte[] stored = new byte[content.Length];
        Assert.Equal(stored.Length, lowest.Read(0, stored));
        Assert.Equal(content, stored);
        Assert.Empty(cache.FailedFiles);
    }

    [Theory]
    [InlineData(7, 64)]
    [InlineData(13, 64)]
    [InlineData(13, 32)]
    [InlineData(20, 32)]
    public void Writing_over_a_lowest_store_that_fails_now_and_then_ends(int every, int pages)
    {
        // One call in so many fails: a barrier of the upper file needs more, and fails each time.
        const int CallsMax = 10_000;
        int calls = 0, began = 0;
        bool isGood = false;
        var lowest = new ScriptedStore(new byte[StackedStore.Header]) { IsLogging = false };
        lowest.Fails = _ =>
        {
            isGood |= ++calls - began > CallsMax;
            return calls % every == 0 && !isGood ? new IOException("made to fail") : null;
        };
        using var cache = Make(pages, dirtyPages: 0);
        var stack = new FileStack(cache, levels: 2, lowest, static below => new StackedStore(below));
        byte[] content = new byte[1 << 20];
        stack.Top.SetLength(content.Length);
        var random = new Random(every);
        List<ByteRange> refused = [];
        for (int turn = 0; turn < 40; turn++)
        {
            int length = random.Next(1, 70_000), at = random.Next(content.Length - length);
            began = calls;
            random.NextBytes(content.AsSpan(at, length));
            try
            {
                stack.Top.Write(at, content.AsSpan(at, length));
            }
            catch (IOException error)
            {
                Assert.Contains("made to fail", error.Message, StringComparison.Ordinal);
                refused.Add(new ByteRange(at, length));
            }

            Assert.InRange(calls - began, 0, CallsMax);
        }

        // What was refused is written again once the store is good, and nothing else was lost.
        Assert.NotEmpty(refused);
        isGood = true;
        foreach (var (at, length) in refused) stack.Top.Write(at, content.AsSpan((int)at, (int)length));

        // A flush reports once what failed in the background of its file, and the next one what failed below.
        for (int report = 0; report < 3 && Record.Exception(() => stack.Top.Flush()) is WriteBackException; report++)
        {
        }

        Assert.True(stack.Top.FlushAndPurge().IsComplete);
        Assert.Equal(content, stack.Stored(0, content.Length));
        cache.Close();
    }

    [Fact]
    public void Reading_beside_a_file_that_cannot_be_written_through_the_file_below_ends()
    {
        // One call in nine fails: the file that fills the memory needs more for its barrier, and the file below is
        // cleaned again and again meanwhile.
        const int CallsMax = 20_000;
        int calls = 0, began = int.MaxValue;
        bool isGood = false;
        var lowest = new ScriptedStore(new byte[1 << 20]) { IsLogging = false };
        lowest.Fails = call =>
        {
            if (call.Kind is not (StoreCallKind.Write or StoreCallKind.Barrier)) return null;
            isGood |= ++calls - began > CallsMax;
            return calls % 9 == 0 && !isGood ? new IOException("made to fail") : null;
        };
        using var cache = Make(pages: 32, dirtyPages: 0);
        var below = cache.Open(lowest);
        var full = cache.Open(new StackedStore(below));
        using var other = cache.Open(new StackedStore(below));
        var random = new Random(1);
        for (int turn = 0; turn < 300; turn++)
        {
            _ = Record.Exception(() => full.Write(random.Next(120) * (long)Pages.Bytes, Pages.Of(3)));
        }

        began = calls;
        for (int turn = 0; turn < 20; turn++)
        {
            var error = Record.Exception(() => other.Read(turn * 10L * Pages.Bytes, new byte[2 * Pages.Bytes]));
            Assert.True(error is null or IOException, error?.ToString());
        }

        Assert.False(isGood, "a read waited for as long as the store failed");
        isGood = true;
        for (int report = 0; report < 3 && Record.Exception(() => full.Flush()) is not null; report++)
        {
        }

        Assert.True(full.FlushAndPurge().IsComplete);
        cache.Dispose();
    }

    [Fact]
    public async Task A_store_that_uses_its_own_file_is_told_so()
    {
        using var cache = Make(pages: 64, dirtyPages: 0);
        var store = new ScriptedStore(Pages.Of(1, 8));
        using var file = cache.Open(store);
        List<Func<ValueTask>> calls =
        [
            () => Done(file.Read(5 * Pages.Bytes, new byte[10])),
            async () => await file.ReadAsync(5 * Pages.Bytes, new byte[10], Token),
            () => Done(file.FlushAndPurge()),
            async () => await file.FlushAndPurgeAsync(Pages.Range(0), cancellationToken: Token),
            () => Done(() => file.SetLength(0)),
            () => Done(() => file.Lease(Pages.Range(5)).Dispose()),
            () => Done(() => file.AcquireExclusive().Dispose()),
        ];
        foreach (var call in calls)
        {
            store.Before = _ =>
            {
                store.Before = static _ => { };
                call().AsTask().GetAwaiter().GetResult();
            };
            var error = await Assert.ThrowsAsync<IOException>(async () => await file.ReadAsync(0, new byte[10], Token));
            Assert.Contains("within a call of its own store", error.Message, StringComparison.Ordinal);
        }

        // What outlives the call is not of it any more.
        var later = new TaskCompletionSource();
        Task? outlives = null;
        store.Before = _ => outlives ??= Task.Run(
            async () =>
            {
                await later.Task;
                file.FlushAndPurge();
            },
            Token);
        Assert.Equal(10, file.Read(6 * Pages.Bytes, new byte[10]));
        store.Before = static _ => { };
        later.SetResult();
        await outlives!;

        // A hit waits for nobody.
        Assert.Equal(10, file.Read(0, new byte[10]));
        Assert.Equal(10, file.Read(0, new byte[10]));
        store.Before = _ => file.Read(0, new byte[10]);
        Assert.Equal(10, file.Read(3 * Pages.Bytes, new byte[10]));
        store.Before = static _ => { };
    }

    [Fact]
    public void Stores_that_are_built_on_each_other_are_told_so()
    {
        using var cache = Make(pages: 64, dirtyPages: 0);
        var (low, high) = (new ScriptedStore(Pages.Of(1, 8)), new ScriptedStore(Pages.Of(2, 8)));
        using var below = cache.Open(low);
        using var above = cache.Open(high);
        high.Before = call => Touch(below, call, pages: 1);
        low.Before = call => Touch(above, call, pages: 4);
        var error = Assert.Throws<IOException>(() => above.Read(0, new byte[10]));
        Assert.Contains("within a call of its own store", error.Message, StringComparison.Ordinal);
        low.Before = static _ => { };
        Assert.Equal(10, above.Read(0, new byte[10]));

        static void Touch(CachedFile file, StoreCall call, int pages)
        {
            if (call.Kind == StoreCallKind.Read) file.Read(pages * Pages.Bytes, new byte[1]);
        }
    }

    [Fact]
    public void A_log_may_lie_in_a_file_of_the_same_cache()
    {
        using var cache = Make(pages: 16, dirtyPages: 16);
        var (data, stored) = (new ScriptedStore(Pages.Of(1, 40)), new ScriptedStore());
        using var logFile = cache.Open(stored);
        using var file = cache.Open(data);
        file.SetLog(new FileLog(logFile));
        for (int page = 0; page < 40; page++)
        {
            using var lease = file.Lease(Pages.Range(page), LeaseAccess.Write);
            lease.SetLogSequence(page + 1);
            lease.WritableSpan.Fill(7);
        }

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(7, 40), data.Content);
        Assert.True(stored.Content.Length > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_the_cache_begins_with_the_files_above(bool disposes)
    {
        for (int turn = 0; turn < 8; turn++)
        {
            var cache = Make(pages: 256, dirtyPages: 0);
            var stack = new FileStack(cache, levels: 5, isAsync: turn % 2 == 0);
            byte[] content = Pages.Pattern(20 * Pages.Bytes, seed: turn);
            stack.Top.Write(0, content);
            if (disposes) await cache.DisposeAsync();
            else cache.Close();
            Assert.Empty(cache.FailedFiles);
            Assert.Equal(content, stack.Stored(0, content.Length));
        }
    }

    private static string Word(bool isAsync) => isAsync ? "asynchronous" : "blocking";

    private static FileCache Make(int pages, int dirtyPages) => new(new FileCacheOptions
    {
        CapacityBytes = pages * Pages.Bytes,
        MaxDirtyBytes = dirtyPages * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    /// <summary>Each level below the first may borrow one piece (I7).</summary>
    private static void CheckRoom(FileCache cache, int levels) => Assert.InRange(
        cache.ResidentBytes, 0, cache.CapacityBytes + ((levels - 1) * cache.State.PiecePagesMax * (long)Pages.Bytes));

    private static ValueTask Done(object? _) => ValueTask.CompletedTask;

    private static ValueTask Done(Action call)
    {
        call();
        return ValueTask.CompletedTask;
    }

    /// <summary>A log in a file: a page a number, more than the cache has room for.</summary>
    private sealed class FileLog(CachedFile file) : WriteAheadLog
    {
        // _gate owns _reached.
        private readonly Lock _gate = new();
        private long _reached;

        public override void FlushTo(long sequence)
        {
            lock (_gate)
            {
                for (; _reached < sequence; _reached++) file.Write(_reached * Pages.Bytes, Pages.Of((byte)_reached));
                file.Flush();
            }
        }
    }

    /// <summary>Keeps its bytes in a file of the cache, and refuses to write for a while.</summary>
    private sealed class RefusingStore(CachedFile below) : BackingStore
    {
        internal bool Refuses { get; set; }

        public override long GetLength() => below.Length;

        public override int Read(long offset, Memory<byte> destination) => below.Read(offset, destination.Span);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            if (Refuses) throw new IOException("not now");
            foreach (var piece in pieces)
            {
                below.Write(offset, piece.Span);
                offset += piece.Length;
            }
        }

        public override void Barrier() => below.Flush();

        public override void SetLength(long length) => below.SetLength(length);
    }
}
