using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>Asynchronous calls ask the store asynchronously, on every path; and a try never waits for it.</summary>
public sealed class AsynchronousStoreTests
{
    private const int FilePages = 8;

    [Fact]
    public async Task No_asynchronous_call_makes_a_blocking_one_of_the_store()
    {
        var store = new AsynchronousStore(Pages.Of(1, FilePages));
        await using (var cache = NewCache())
        {
            var file = await cache.OpenAsync(store, cancellationToken: Token);
            await file.ReadAsync(0, new byte[FilePages * Pages.Bytes], Token);
            await file.WriteAsync(100, Pages.Of(2), Token);
            await file.SetLengthAsync((FilePages + 2) * Pages.Bytes, Token);
            await file.SetLengthAsync((FilePages + 1) * Pages.Bytes, Token);
            await file.WriteAsync((FilePages + 3) * Pages.Bytes, Pages.Of(3), Token);
            await file.WriteUncachedAsync(Pages.Bytes, Pages.Of(4), Token);
            await file.WriteUncachedAsync((FilePages + 6) * Pages.Bytes, Pages.Of(5), Token);
            await file.ReadUncachedAsync(0, new byte[Pages.Bytes], Token);
            Assert.True((await file.FlushAndPurgeAsync(cancellationToken: Token)).IsComplete);
            Assert.True(await file.DiscardAsync(Pages.Range(0, 1), cancellationToken: Token));
            await using (var hold = await file.AcquireExclusiveAsync(Token))
            {
                await using var suspended = await hold.SuspendAsync(Pages.Range(0, 2), Token);
                await store.WriteAsync(0, [Pages.Of(6)], Token);
                await suspended.ResumeAsync(Token);
            }

            byte[] first = new byte[1];
            await file.ReadAsync(0, first, Token);
            Assert.Equal(6, first[0]);
            await file.CloseAsync(Token);
        }

        Assert.Equal((FilePages + 7) * Pages.Bytes, store.Content.Length);
        Assert.Equal(5, store.Content[^1]);
    }

    [Fact]
    public async Task A_change_or_a_write_that_fails_asks_the_store_in_the_same_way()
    {
        var store = new AsynchronousStore(Pages.Of(1, FilePages)) { FailsAfterChange = true };
        await using var cache = NewCache();
        var file = await cache.OpenAsync(store, cancellationToken: Token);
        long longer = (FilePages + 2) * Pages.Bytes;
        await Assert.ThrowsAsync<IOException>(async () => await file.SetLengthAsync(longer, Token));
        Assert.Equal(longer, file.Length);
        store.FailsAfterChange = false;
        store.TakesHalf = true;
        await Assert.ThrowsAsync<IOException>(
            async () => await file.WriteUncachedAsync(longer, Pages.Of(2, 2), Token));
        Assert.Equal(longer + Pages.Bytes, file.Length);
        store.TakesHalf = false;
        await file.CloseAsync(Token);
    }

    [Fact]
    public async Task A_try_to_write_behind_the_end_does_not_wait_for_the_store()
    {
        var store = new AsynchronousStore(Pages.Of(1, FilePages));
        await using var cache = NewCache();
        var file = await cache.OpenAsync(store, cancellationToken: Token);
        await file.ReadAsync(0, new byte[FilePages * Pages.Bytes], Token);
        var answer = new TaskCompletionSource();
        store.Holds = answer.Task;
        var tried = Task.Run(() => file.TryWrite((FilePages + 1) * Pages.Bytes, Pages.Of(2)), Token);
        var error = Record.Exception(() => Patience.Await(() => tried.IsCompleted));
        store.Holds = null;
        answer.SetResult();
        Assert.Null(error);
        Assert.False(await tried);
        Assert.True(file.TryWrite(0, Pages.Of(2)));
        Assert.Equal(FilePages * Pages.Bytes, file.Length);
        await file.CloseAsync(Token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static FileCache NewCache() => new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });
}
