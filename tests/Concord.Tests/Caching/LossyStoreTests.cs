using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// What a failed barrier loses, bytes and lengths, is in the store after the next flush that says so.
/// </summary>
public sealed class LossyStoreTests
{
    private const int FilePages = 6;

    /// <summary>What is done before the barrier that loses it, in a file of a few pages of ones.</summary>
    public static TheoryData<string> Changes => [.. ChangesByName.Keys];

    private static Dictionary<string, Action<CachedFile>> ChangesByName { get; } = new()
    {
        ["bytes in the middle"] = static file => file.Write(Pages.Bytes + 5, Pages.Of(2, 2)),
        ["bytes behind the end"] = static file => file.Write(FilePages * Pages.Bytes, Pages.Of(2, 3)[..^700]),
        ["bytes far behind the end"] = static file => file.Write(40 * Pages.Bytes, [2]),
        ["a longer length"] = static file => file.SetLength(20 * Pages.Bytes + 9),
        ["a longer length and bytes before it"] = static file =>
        {
            file.SetLength(20 * Pages.Bytes + 9);
            file.Write(8 * Pages.Bytes, [3]);
        },
        ["a cut and bytes behind it"] = static file =>
        {
            file.SetLength(Pages.Bytes + 1);
            file.Write(2 * Pages.Bytes + 9, [4, 4]);
        },
        ["a cut and a longer length"] = static file =>
        {
            file.SetLength(Pages.Bytes + 1);
            file.SetLength(9 * Pages.Bytes);
        },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_one_failed_barrier_lost_the_next_flush_brings_back(string change)
    {
        foreach (int losses in (int[])[1, 2])
        {
            var store = new LossyStore(Pages.Of(1, FilePages));
            using var cache = Make();
            using var file = cache.Open(store);
            Pages.Read(file, Pages.Range(0, 2));
            ChangesByName[change](file);
            byte[] expected = Pages.Read(file, new ByteRange(0, file.Length));
            store.Losses = losses;
            for (int i = 0; i < losses; i++) Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
            Assert.Equal(expected, Pages.Read(file, new ByteRange(0, file.Length)));
            Assert.True(file.FlushAndPurge().IsComplete);
            Assert.Equal(expected, store.Durable);
            Assert.Equal(expected, Pages.Read(file, new ByteRange(0, file.Length)));
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_purge_that_does_not_reach_what_a_failed_barrier_lost_leaves_it_to_the_file(string change)
    {
        // The purge looks at the store's length, which the failed barrier may have taken away.
        foreach (bool closes in (bool[])[false, true])
        {
            var store = new LossyStore(Pages.Of(1, FilePages));
            using var cache = Make();
            using var file = cache.Open(store, leaveOpen: true);
            ChangesByName[change](file);
            long length = file.Length;
            byte[] expected = Pages.Read(file, new ByteRange(0, length));
            store.Losses = 1;
            Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
            foreach (long at in (long[])[length + 1, length + 40 * Pages.Bytes, 0, length])
            {
                Assert.True(file.FlushAndPurge(new ByteRange(at, 1)).IsComplete);
                Assert.Equal(length, file.Length);
            }

            Assert.Equal(expected, Pages.Read(file, new ByteRange(0, length)));
            if (closes) file.Close();
            else Assert.True(file.FlushAndPurge().IsComplete);
            Assert.Equal(expected, store.Durable);
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_the_lazy_writer_had_handed_over_comes_back_too(string change)
    {
        var store = new LossyStore(Pages.Of(1, FilePages));
        using var cache = Make();
        using var file = cache.Open(store);
        ChangesByName[change](file);
        byte[] expected = Pages.Read(file, new ByteRange(0, file.Length));
        for (int pass = 0; pass < 3; pass++) await cache.LazyWriter.PassAsync(CancellationToken.None);
        store.Losses = 1;
        await Assert.ThrowsAsync<WriteBackException>(async () =>
            await file.FlushAsync(TestContext.Current.CancellationToken));

        // Without a purge, and without another change: the fast answer must know of it as well.
        Assert.True(file.Flush().IsComplete);
        Assert.Equal(expected, store.Durable);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(expected, Pages.Read(file, new ByteRange(0, file.Length)));
    }

    [Fact]
    public void What_was_handed_over_while_the_barrier_ran_that_failed_comes_back()
    {
        var store = new LossyStore(Pages.Of(1, FilePages));
        using var cache = Make();
        using var file = cache.Open(store);
        file.Write(0, Pages.Of(2));
        store.DuringBarrier = () =>
        {
            store.DuringBarrier = static () => { };
            var writing = file.Services.WriteBack;
            file.State.EnsureExtent(0);
            Task.Run(() =>
            {
                TestSharer.WriteDown(file.Services, 3 * Pages.Bytes, Pages.Of(3));
                SyncCompletion.Result(writing.WriteAsync(Pages.Range(0, FilePages), CallMode.Blocking,
                    CancellationToken.None));
            }).Wait(TestContext.Current.CancellationToken);
        };
        store.Losses = 1;
        Assert.Throws<WriteBackException>(() => file.Flush());
        Assert.True(Pages.IsDirty(file.State, 3));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal((2, 3), (store.Durable[0], store.Durable[3 * Pages.Bytes]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_returns_after_a_barrier_has_failed_counts_for_nothing(bool isFar)
    {
        // Beside the page that the barrier was for, or in an extent that it knew nothing of.
        int page = isFar ? Pages.PerExtent + 3 : 3;
        var store = new LossyStore(Pages.Of(1, page + 3));
        using var cache = Make();
        using var file = cache.Open(store);
        await FailBarrierBesideWriteAsync(file, store, page);
        Assert.True(Pages.IsDirty(file.State, page));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal((2, 3), (store.Durable[0], store.Durable[page * Pages.Bytes]));
    }

    [Fact]
    public async Task A_write_that_returns_after_a_barrier_has_failed_does_not_count_for_the_length_either()
    {
        const int Last = 10;
        var store = new LossyStore(Pages.Of(1, FilePages));
        using var cache = Make();
        using var file = cache.Open(store);
        await FailBarrierBesideWriteAsync(file, store, Last);

        // Without its last page the file is as long all the same, and the store has to be made so.
        Assert.True(file.Discard(Pages.Range(Last)));
        Assert.True(file.Flush().IsComplete);
        Assert.Equal((Last + 1) * Pages.Bytes, store.Durable.Length);
    }

    [Fact]
    public void A_barrier_covers_the_length_that_the_store_had_when_it_began()
    {
        var store = new LossyStore(Pages.Of(1, FilePages));
        using var cache = Make();
        using var file = cache.Open(store);
        file.Write(0, [2]);
        file.Write(10 * Pages.Bytes, Pages.Of(3));
        store.DuringBarrier = () =>
        {
            store.DuringBarrier = static () => { };
            var writing = file.Services.WriteBack;
            Task.Run(() => SyncCompletion.Result(writing.WriteAsync(
                Pages.Range(0, 11), CallMode.Blocking, CancellationToken.None)))
                    .Wait(TestContext.Current.CancellationToken);
        };
        file.Flush(Pages.Range(0));
        Assert.Equal(11 * Pages.Bytes, store.GetLength());
        Assert.True(file.Discard(Pages.Range(10)));
        store.Losses = 1;
        Assert.Throws<WriteBackException>(() => file.Flush());
        Assert.Equal(FilePages * Pages.Bytes, store.GetLength());
        Assert.True(file.Flush().IsComplete);
        Assert.Equal(file.Length, store.Durable.Length);
    }

    [Fact]
    public void A_file_that_is_closed_after_a_loss_is_whole()
    {
        var store = new LossyStore(Pages.Of(1, FilePages));
        using var cache = Make();
        var file = cache.Open(store, leaveOpen: true);
        file.Write(5, Pages.Of(2, 9));
        store.Losses = 1;
        Assert.Throws<WriteBackException>(file.Close);
        file.Close();
        Assert.Equal([1, 1, 1, 1, 1, .. Pages.Of(2, 9)], store.Durable);
    }

    /// <summary>
    /// A barrier fails, and takes what the store had accepted of a page's write, before that write has returned.
    /// </summary>
    private static async Task FailBarrierBesideWriteAsync(CachedFile file, LossyStore store, int page)
    {
        using var isTaken = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var token = TestContext.Current.CancellationToken;
        file.Write(page * Pages.Bytes, Pages.Of(3));
        store.AfterWrite = () =>
        {
            store.AfterWrite = static () => { };
            isTaken.Set();
            goOn.Wait(token);
        };
        var writing = file.Services.WriteBack;
        var late = Task.Run(
            () => SyncCompletion.Result(writing.WriteAsync(
                Pages.Range(page), CallMode.Blocking, CancellationToken.None)), token);
        isTaken.Wait(token);
        file.Write(0, [2]);
        store.Losses = 1;
        Assert.Throws<WriteBackException>(() => file.Flush(Pages.Range(0)));
        goOn.Set();
        await late;
    }

    private static FileCache Make() => new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });
}
