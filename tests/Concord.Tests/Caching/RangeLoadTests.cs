using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>
/// A call for a long range: requests as long as the store likes, several in flight, within what it takes and within
/// the cache's memory; errors and cancellation as if it had gone extent by extent.
/// </summary>
public sealed class RangeLoadTests
{
    private const int FileBytes = (8 << 20) + 1234, Mebi = 1 << 20;

    private static readonly byte[] Content = Pages.Pattern(FileBytes, seed: 3);

    private readonly HandScheduler _scheduler = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_read_has_all_its_requests_in_flight_at_once_and_reads_each_page_once(bool backwards)
    {
        var store = new GatedStore(Content);
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        byte[] bytes = new byte[FileBytes];
        var read = file.ReadAsync(0, bytes, Token).AsTask();
        _scheduler.RunAll();
        Assert.Equal(8, store.InFlight);
        Assert.All(store.Reads, static range => Assert.InRange(range.Length, Mebi, 2 * Mebi));
        await EndAll(store, read, backwards);
        Assert.Equal(FileBytes, await read);
        Assert.True(bytes.AsSpan().SequenceEqual(Content));
        Assert.Equal(PageGeometry.PagesIn(FileBytes), PagesOf(store.Reads));
    }

    [Theory]
    [InlineData(1, 16 * Mebi)]
    [InlineData(3, Mebi / 2)]
    [InlineData(4, 96 * 1024)]
    public async Task No_more_and_no_longer_requests_are_made_than_the_store_takes(int most, int length)
    {
        var store = new GatedStore(Content) { Requests = most, RequestBytes = length };
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        byte[] bytes = new byte[FileBytes];
        var read = file.ReadAsync(0, bytes, Token).AsTask();
        await EndAll(store, read);
        Assert.Equal(most, store.InFlightMost);
        Assert.Equal(Math.Min(length, FileBytes), store.Reads.Max(static range => range.Length));
        Assert.True(bytes.AsSpan().SequenceEqual(Content));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(2048)]
    public async Task A_read_that_is_longer_than_the_cache_stays_within_its_memory(int capacityPages)
    {
        var store = new GatedStore(Content) { GoodBytes = Pages.Bytes };
        using var cache = Make((long)capacityPages * Pages.Bytes);
        using var file = cache.Open(store);
        long most = 0;
        store.Begins = () => most = Math.Max(most, cache.State.Counters.Backed);
        byte[] bytes = new byte[FileBytes];
        var read = file.ReadAsync(0, bytes, Token).AsTask();
        await EndAll(store, read, backwards: true);
        Assert.True(bytes.AsSpan().SequenceEqual(Content));
        Assert.InRange(most, 1, capacityPages);
        Assert.InRange(store.InFlightMost, 2, 8);
        Assert.Equal(PageGeometry.PagesIn(FileBytes), PagesOf(store.Reads));
    }

    [Fact]
    public async Task Leases_and_loads_have_several_requests_in_flight_too()
    {
        var store = new GatedStore(Content);
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        var taken = file.LeaseAsync(new ByteRange(100, 5 * Mebi), cancellationToken: Token).AsTask();
        await EndAll(store, taken);
        using (var lease = await taken) Assert.True(lease.Span.SequenceEqual(Content.AsSpan(100, 5 * Mebi)));
        Assert.InRange(store.InFlightMost, 5, 8);
        Assert.True((await file.FlushAndPurgeAsync(cancellationToken: Token)).IsComplete);
        file.Services.Cache.Evictor.Sweep(int.MaxValue);
        store.Reads.Clear();
        var loaded = file.LoadAsync(Token).AsTask();
        await EndAll(store, loaded);
        Assert.Equal(PageGeometry.PagesIn(FileBytes) * Pages.Bytes, await loaded);
        Assert.InRange(store.Reads.Count, 2, 9);
        Assert.Equal(0, await file.LoadAsync(Token));
    }

    [Fact]
    public async Task A_part_that_fails_is_told_as_that_part_and_what_comes_before_it_was_read()
    {
        var bad = new ByteRange(3 * Mebi + 5000, 1);
        var store = new GatedStore(Content) { Fails = range => range.Overlaps(bad) ? new IOException("bad") : null };
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        byte[] bytes = new byte[FileBytes];
        var read = file.ReadAsync(0, bytes, Token).AsTask();
        await EndAll(store, Settled(read));
        Assert.Contains("bad", (await Assert.ThrowsAsync<IOException>(() => read)).Message, StringComparison.Ordinal);
        Assert.True(bytes.AsSpan(0, 3 * Mebi).SequenceEqual(Content.AsSpan(0, 3 * Mebi)));
        var before = file.ReadAsync(3 * Mebi - Pages.Bytes, new byte[Pages.Bytes], Token).AsTask();
        Assert.Equal(Pages.Bytes, await before);
        store.Fails = static _ => null;
        var again = file.ReadAsync(0, bytes, Token).AsTask();
        await EndAll(store, again);
        Assert.True(bytes.AsSpan(0, await again).SequenceEqual(Content));
    }

    [Fact]
    public async Task A_small_part_that_failed_is_told_and_not_asked_for_again()
    {
        var bad = new ByteRange(Mebi + 5000, 1);
        var store = new GatedStore(Content)
        {
            GoodBytes = 64 << 10,
            RequestBytes = 64 << 10,
            Fails = range => range.Overlaps(bad) ? new IOException("bad") : null,
        };
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        byte[] bytes = new byte[FileBytes];
        var read = file.ReadAsync(0, bytes, Token).AsTask();
        await EndAll(store, Settled(read));
        Assert.Contains("bad", (await Assert.ThrowsAsync<IOException>(() => read)).Message, StringComparison.Ordinal);
        Assert.True(bytes.AsSpan(0, Mebi).SequenceEqual(Content.AsSpan(0, Mebi)));
        Assert.Single(store.Reads, range => range.Overlaps(bad));
    }

    [Fact]
    public async Task Who_waits_for_a_good_page_of_a_request_that_fails_reads_it()
    {
        var bad = new ByteRange(Mebi - 1, 1);
        var store = new GatedStore(Content) { Fails = range => range.Overlaps(bad) ? new IOException("bad") : null };
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        byte[] page = new byte[Pages.Bytes];
        var wide = file.ReadAsync(0, new byte[Mebi], Token).AsTask();
        var one = file.ReadAsync(2 * Pages.Bytes, page, Token).AsTask();
        Assert.Equal(1, store.InFlight);
        await EndAll(store, Task.WhenAll(Settled(wide), Settled(one)));
        await Assert.ThrowsAsync<IOException>(() => wide);
        Assert.Equal(Pages.Bytes, await one);
        Assert.True(page.AsSpan().SequenceEqual(Content.AsSpan(2 * Pages.Bytes, Pages.Bytes)));
    }

    [Fact]
    public async Task A_cancelled_read_leaves_nothing_claimed_and_a_later_one_reads_everything()
    {
        var store = new GatedStore(Content);
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        using var source = new CancellationTokenSource();
        var read = file.ReadAsync(0, new byte[FileBytes], source.Token).AsTask();
        _scheduler.RunAll();
        Assert.Equal(8, store.InFlight);
        await source.CancelAsync();
        await EndAll(store, Settled(read), ends: false);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal(0, store.InFlight);
        foreach (var extent in file.State.Extents.All) Assert.Equal(PageMask.None, extent.Claimed);
        byte[] bytes = new byte[FileBytes];
        var again = file.ReadAsync(0, bytes, Token).AsTask();
        await EndAll(store, again);
        Assert.True(bytes.AsSpan().SequenceEqual(Content));
    }

    [Fact]
    public async Task Who_has_the_file_to_himself_waits_for_all_his_requests()
    {
        var bad = new ByteRange(0, 1);
        var store = new GatedStore(Content) { Fails = range => range.Overlaps(bad) ? new IOException("bad") : null };
        using var cache = Make(64 << 20);
        using var file = cache.Open(store);
        using var hold = file.AcquireExclusive();
        var read = hold.ReadAsync(0, new byte[FileBytes], Token).AsTask();
        _scheduler.RunAll();
        Assert.Equal(8, store.InFlight);
        store.EndOne();
        _scheduler.RunAll();
        store.EndOne(last: true);
        _scheduler.RunAll();
        Assert.False(read.IsCompleted);
        await EndAll(store, Settled(read));
        await Assert.ThrowsAsync<IOException>(() => read);
        Assert.Equal(0, store.InFlight);
    }

    [Fact]
    public void A_blocking_read_has_several_requests_in_flight_on_threads_of_their_own()
    {
        // No read ends before four have begun.
        using var begun = new CountdownEvent(4);
        var store = new ScriptedStore(Content)
        {
            Before = call =>
            {
                if (call.Kind != StoreCallKind.Read || begun.IsSet) return;
                begun.Signal();
                Assert.True(begun.Wait(TimeSpan.FromSeconds(30), Token));
            },
        };
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 << 20, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store);
        byte[] bytes = new byte[FileBytes];
        Assert.Equal(FileBytes, file.Read(0, bytes));
        Assert.True(bytes.AsSpan().SequenceEqual(Content));
    }

    [Fact]
    public void A_long_part_of_a_view_is_loaded_in_few_requests_and_appears_whole()
    {
        var store = new ScriptedStore(Content);
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 << 20, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, FileShare.ReadWrite);
        using var view = Views.ViewFixture.MapOrSkip(cache, file, ViewAccess.Read);
        view.Prefault(new ByteRange(0, FileBytes));
        Assert.InRange(store.Reads.Count, 1, 16);
        Assert.Equal(PageGeometry.PagesIn(FileBytes), PagesOf(store.Reads.Select(static read => read.Range)));
        byte[] bytes = new byte[FileBytes];
        Assert.Equal(FileBytes, view.Read(0, bytes));
        Assert.True(bytes.AsSpan().SequenceEqual(Content));
    }

    private FileCache Make(long capacityBytes) => new(
        new FileCacheOptions
        {
            CapacityBytes = capacityBytes,
            MaxReadAheadBytes = 0,
            LazyWriterInterval = TimeSpan.Zero,
        }, _scheduler);

    private static long PagesOf(IEnumerable<ByteRange> reads) =>
        reads.Sum(static range => PageGeometry.PagesIn(range.Length));

    private static async Task Settled(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The test looks at the task itself.
            return;
        }
    }

    /// <summary>Ends request after request until the call is over.</summary>
    private async Task EndAll(GatedStore store, Task call, bool backwards = false, bool ends = true)
    {
        while (!call.IsCompleted)
        {
            _scheduler.RunAll();
            if (call.IsCompleted) break;
            if (store.InFlight > 0 && ends) store.EndOne(backwards);
            else await Task.Yield();
        }

        // Helpers may outlast the call.
        _scheduler.RunAll();
        while (store.InFlight > 0)
        {
            if (ends) store.EndOne();
            else await Task.Yield();
            _scheduler.RunAll();
        }
    }
}
