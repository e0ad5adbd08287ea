using Concord.Scheduling;
using Concord.Tests.Simulation;

namespace Concord.Tests.Caching;

/// <summary>Interleavings in which bytes were once lost.</summary>
public sealed class LostByteTests
{
    [Fact]
    public void Two_writers_at_the_end_of_one_page_lose_nothing_of_each_other_when_memory_is_short()
    {
        const int Seeds = 60, FilePages = 40, Piece = 100;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            var scheduler = new SimScheduler(seed);
            var store = new SimStore(scheduler);
            var cache = new FileCache(
                new FileCacheOptions
                {
                    CapacityBytes = 16 * Pages.Bytes,
                    MaxDirtyBytes = 16 * Pages.Bytes,
                    SectionKind = SectionKind.Private,
                    LazyWriterInterval = TimeSpan.Zero,
                },
                scheduler);
            var file = cache.Open(store);
            var noise = cache.Open(new SimStore(scheduler));
            var random = new Random(seed);
            for (int page = 0; page < FilePages; page++)
            {
                long start = page * Pages.Bytes;
                scheduler.Run(
                    100_000,
                    () => WriteAsync(file, start, Enumerable.Repeat((byte)1, Piece).ToArray()),
                    () => WriteAsync(file, start + Piece, Enumerable.Repeat((byte)2, Piece).ToArray()),
                    () => DisturbAsync(noise, random),
                    () => DisturbAsync(noise, random));
            }

            scheduler.Run(1_000_000, async () => await file.CloseAsync(), async () => await noise.CloseAsync());
            for (int page = 0; page < FilePages; page++)
            {
                var found = store.Content.AsSpan(page * Pages.Bytes, 2 * Piece);
                Assert.True(found.Count((byte)1) == Piece && found.Count((byte)2) == Piece,
                    $"seed {seed}, page {page}");
            }
        }
    }

    [Fact]
    public void An_uncached_write_outlives_an_older_write_back_of_a_page_that_had_to_stay()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store);
        var services = file.Services;

        // The sharer writes into the page until the operation gives up on it: it stays, dirty.
        var sharer = new TestSharer();
        sharer.OnInvalidate = _ =>
        {
            TestSharer.WriteDown(services, Pages.Bytes + 2000, [(byte)sharer.Invalidations]);
            return [];
        };
        bool isUncached = false;
        store.After = call =>
        {
            if (call != new StoreCall(StoreCallKind.Write, Pages.Bytes, 100) || isUncached) return;
            isUncached = true;
            SyncCompletion.Result(
                services.WriteBack.WriteAsync(Pages.Range(0, 4), CallMode.Blocking, CancellationToken.None));
        };
        services.AddSharer(sharer);
        Pages.Read(file, Pages.Range(1));
        byte[] bytes = [.. Enumerable.Repeat((byte)9, 100)];

        var result = file.WriteUncached(Pages.Bytes, bytes);
        services.RemoveSharer(sharer);

        Assert.True(isUncached);
        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        Assert.Equal(bytes, Pages.Read(file, new ByteRange(Pages.Bytes, 100)));
        Assert.Equal(sharer.Invalidations, Pages.Read(file, new ByteRange(Pages.Bytes + 2000, 1))[0]);
    }

    [Fact]
    public async Task A_reader_whose_load_somebody_else_cancelled_loads_for_itself()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        var held = new TaskCompletionSource();
        store.ReadsEnd = () => held.Task;
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store);
        using var cancel = new CancellationTokenSource();
        byte[] first = new byte[10], second = new byte[10];
        var cancelled = file.ReadAsync(0, first, cancel.Token).AsTask();
        var waiting = file.ReadAsync(0, second, TestContext.Current.CancellationToken).AsTask();
        store.ReadsEnd = static () => Task.CompletedTask;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(10, await waiting);
        Assert.Equal(Pages.Of(1)[..10], second);
    }

    [Fact]
    public void Who_writes_or_reads_while_the_file_is_closed_is_told_and_waits_for_nothing()
    {
        Action<CachedFile>[] calls =
        [
            static file => file.Write(0, [1]),
            static file => file.Write(100 * Pages.Bytes, [1]),
            static file => file.Read(0, new byte[1]),
            static file => file.Lease(new ByteRange(0, 1)).Dispose(),
            static file => file.FlushAndPurge(),
            static file => file.SetLength(3),
            static file => file.Discard(Pages.Range(0)),
            static file => file.ReadUncached(0, new byte[1]),
            static file => file.WriteUncached(0, new byte[1]),
            static file => file.AcquireExclusive().Dispose(),
        ];
        foreach (var call in calls)
        {
            var store = new ScriptedStore(Pages.Of(1, 4));
            using var cache = new FileCache(
                new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
            var file = cache.Open(store, leaveOpen: true);
            file.Write(0, Pages.Of(7));
            Exception? error = null;
            Thread? other = null;
            store.Before = closing =>
            {
                if (closing.Kind != StoreCallKind.Write || other is not null) return;
                using var started = new ManualResetEventSlim();
                other = new Thread(() =>
                {
                    started.Set();
                    error = Record.Exception(() => call(file));
                });
                other.UnsafeStart();
                started.Wait();
            };

            file.Close();

            other!.Join();
            Assert.IsType<ObjectDisposedException>(error);
            Assert.Equal(Pages.Of(7), store.Content[..Pages.Bytes]);
            Assert.Equal(0, cache.ResidentBytes);
        }
    }

    [Fact]
    public void An_error_of_bytes_that_were_written_since_does_not_keep_a_disposed_file()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        var first = cache.Open(store);
        var second = cache.Open(store);
        first.Write(0, Pages.Of(7));
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        Assert.Throws<WriteBackException>(() => first.FlushAndPurge());
        store.Fails = static _ => null;
        first.FlushAndPurge();

        second.Dispose();
        first.Dispose();

        Assert.Empty(cache.FailedFiles);
        Assert.Equal(Pages.Of(7), store.Content[..Pages.Bytes]);
    }

    /// <summary>
    /// Writes, and again where the write was refused for want of room: that is an answer, and no loss.
    /// </summary>
    private static async Task WriteAsync(CachedFile file, long offset, byte[] bytes)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await file.WriteAsync(offset, bytes);
                return;
            }
            catch (IOException) when (attempt < 100)
            {
                continue;
            }
        }
    }

    private static async Task DisturbAsync(CachedFile noise, Random random)
    {
        for (int i = 0; i < 6; i++)
        {
            await WriteAsync(noise, (long)random.Next(60) * Pages.Bytes, new byte[Pages.Bytes * random.Next(1, 4)]);
        }
    }
}
