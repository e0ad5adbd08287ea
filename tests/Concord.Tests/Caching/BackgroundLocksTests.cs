using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>What the cache does by itself it does under the locks of the store's owner, on one thread.</summary>
public sealed class BackgroundLocksTests
{
    [Fact]
    public async Task The_lazy_writer_writes_only_between_taking_and_releasing_and_on_that_thread()
    {
        var locks = new Locks();
        using var cache = NewCache();
        using var file = OpenUnder(locks, cache, out var store);
        store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write) locks.CheckEntered();
        };
        for (int page = 0; page < 8; page += 2) file.Write(page * Pages.Bytes, Pages.Of(7));
        while (cache.DirtyBytes > 0)
            Assert.True(await cache.LazyWriter.PassAsync(TestContext.Current.CancellationToken));
        Assert.True(locks.Entries > 0);
        Assert.False(locks.IsEntered);
    }

    [Fact]
    public async Task A_file_whose_locks_are_not_free_is_skipped_and_after_some_turns_waited_for()
    {
        var locks = new Locks { Refuses = static mayWait => !mayWait };
        using var cache = NewCache();
        using var file = OpenUnder(locks, cache, out var store);
        file.Write(0, Pages.Of(7));
        for (int turn = 0; turn < 4; turn++)
        {
            Assert.True(await cache.LazyWriter.PassAsync(TestContext.Current.CancellationToken));
            Assert.Empty(store.Writes);
        }

        Assert.True(await cache.LazyWriter.PassAsync(TestContext.Current.CancellationToken));
        Assert.NotEmpty(store.Writes);
    }

    [Fact]
    public void The_loop_of_passes_takes_the_locks_too()
    {
        using var isWritten = new ManualResetEventSlim();
        var locks = new Locks();
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            MaxDirtyAge = TimeSpan.FromMilliseconds(50),
        });
        using var file = OpenUnder(locks, cache, out var store);
        store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write) return;
            locks.CheckEntered();
            isWritten.Set();
        };
        file.Write(0, Pages.Of(7));
        Assert.True(isWritten.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Patience.Await(() => !locks.IsEntered);
    }

    [Fact]
    public void A_flush_that_somebody_asks_for_takes_none()
    {
        var locks = new Locks();
        using var cache = NewCache();
        using var file = OpenUnder(locks, cache, out var store);
        file.Write(0, Pages.Of(7));
        file.Flush();
        Assert.NotEmpty(store.Writes);
        Assert.Equal(0, locks.Entries);
    }

    [Fact]
    public void Nothing_is_read_ahead_while_the_locks_are_not_free()
    {
        var locks = new Locks { Refuses = static _ => true };
        using var cache = NewCache(capacityPages: 1024);
        using var file = OpenUnder(locks, cache, out var store, pages: 512);
        byte[] bytes = new byte[Pages.Bytes];
        for (int page = 0; page < 96; page++) _ = file.Read(page * Pages.Bytes, bytes);
        Patience.Await(() => locks.Refusals > 0);
        Assert.All(store.Reads, read => Assert.True(read.Offset < 128 * Pages.Bytes));
    }

    [Fact]
    public void What_a_read_that_does_not_wait_lacks_is_loaded_under_the_locks_and_not_without_them()
    {
        bool refuses = true;
        var locks = new Locks { Refuses = _ => refuses };
        using var cache = NewCache();
        using var file = OpenUnder(locks, cache, out var store);
        store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Read) locks.CheckEntered();
        };
        byte[] bytes = new byte[Pages.Bytes];
        Assert.False(file.TryRead(0, bytes, out _));
        Patience.Await(() => locks.Refusals > 0);
        Assert.Empty(store.Reads);
        refuses = false;
        Patience.Await(() => file.TryRead(0, bytes, out _));
        Assert.True(locks.Entries > 0);
    }

    [Fact]
    public void A_store_that_keeps_threads_is_written_by_the_caller_alone()
    {
        using var cache = NewCache(capacityPages: 4096);
        var store = new ThreadStore();
        using var file = cache.Open(store);
        for (int page = 0; page < 2000; page += 2) file.Write(page * Pages.Bytes, Pages.Of(7));
        store.Threads.Clear();
        file.Flush();
        Assert.Equal([Environment.CurrentManagedThreadId], store.Threads);
    }

    private static FileCache NewCache(int capacityPages = 64) => new(new FileCacheOptions
    {
        CapacityBytes = capacityPages * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    private static CachedFile OpenUnder(Locks locks, FileCache cache, out ScriptedStore store, int pages = 8)
    {
        store = new ScriptedStore(Pages.Of(1, pages));
        var file = cache.Open(store);
        file.State.BackgroundLocks = locks;
        return file;
    }

    /// <summary>Locks that belong to the thread that took them.</summary>
    private sealed class Locks : IBackgroundLocks
    {
        private int _owner;
        private int _entries;
        private int _refusals;

        internal Func<bool, bool> Refuses { get; init; } = static _ => false;

        internal int Entries => Volatile.Read(ref _entries);

        internal int Refusals => Volatile.Read(ref _refusals);

        internal bool IsEntered => Volatile.Read(ref _owner) != 0;

        internal void CheckEntered() => Assert.Equal(Environment.CurrentManagedThreadId, Volatile.Read(ref _owner));

        public bool TryEnterWriteBack(bool mayWait)
        {
            if (Refuses(mayWait))
            {
                Interlocked.Increment(ref _refusals);
                return false;
            }

            Assert.Equal(0, Interlocked.Exchange(ref _owner, Environment.CurrentManagedThreadId));
            Interlocked.Increment(ref _entries);
            return true;
        }

        public void LeaveWriteBack() =>
            Assert.Equal(Environment.CurrentManagedThreadId, Interlocked.Exchange(ref _owner, 0));

        public bool TryEnterReadAhead() => TryEnterWriteBack(mayWait: false);

        public void LeaveReadAhead() => LeaveWriteBack();
    }

    /// <summary>A store that notes which threads write it.</summary>
    private sealed class ThreadStore : BackingStore
    {
        private readonly MemoryStore _bytes = new();

        internal HashSet<int> Threads { get; } = [];

        internal override bool KeepsThread => true;

        public override long GetLength() => _bytes.GetLength();

        public override int Read(long offset, Memory<byte> destination) => _bytes.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            lock (Threads) Threads.Add(Environment.CurrentManagedThreadId);
            _bytes.Write(offset, pieces);
        }

        public override void Barrier() => _bytes.Barrier();

        public override void SetLength(long length) => _bytes.SetLength(length);
    }
}
