using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// Reads in order are read ahead: more each time, never past the end, and not after a read elsewhere.
/// </summary>
public sealed class ReadAheadTests : IDisposable
{
    private const int FileBytes = (40 << 20) + 1234;

    private static readonly byte[] Content = Pages.Pattern(FileBytes, seed: 1);

    private readonly HandScheduler _scheduler = new();
    private readonly ScriptedStore _store = new(Content);
    private readonly FileCache _cache;
    private readonly CachedFile _file;

    public ReadAheadTests()
    {
        _cache = new FileCache(new FileCacheOptions { CapacityBytes = 512 << 20, LazyWriterInterval = TimeSpan.Zero },
            _scheduler);
        _file = _cache.Open(_store, FileShare.ReadWrite);
    }

    private static int Step => PageGeometry.ExtentBytes / 2;

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void Reads_in_order_find_everything_in_memory_and_each_page_is_read_once()
    {
        int misses = 0;
        for (long at = 0; at < FileBytes; at += Step)
        {
            int before = _store.Reads.Count;
            AssertRead(at);
            if (_store.Reads.Count > before) misses++;
            _scheduler.RunAll();
        }

        Assert.Equal(2, misses);
        Assert.Equal(FileBytes, _store.Reads.Sum(static read => (long)read.Length));
        Assert.All(_store.Reads, static read => Assert.InRange(read.Offset + read.Length, 1, FileBytes));
    }

    [Fact]
    public void The_reads_ahead_double_up_to_the_limit()
    {
        long most = 0;
        for (long at = 0; at < 30L << 20; at += Step)
        {
            AssertRead(at);
            _scheduler.RunAll();
            most = Math.Max(most, _store.Reads.Max(static read => read.Offset + read.Length) - at - Step);
            if (at == Step) Assert.InRange(most, Step, 2 * PageGeometry.ExtentBytes);
        }

        Assert.InRange(most, ReadAhead.BytesMaxDefault / 2, ReadAhead.BytesMaxDefault + PageGeometry.ExtentBytes);
    }

    [Fact]
    public void Reads_elsewhere_are_not_read_ahead()
    {
        var random = new Random(3);
        for (int i = 0; i < 200; i++) AssertRead((long)random.Next(FileBytes / Pages.Bytes) * Pages.Bytes, 1);
        Assert.Equal(0, _scheduler.Waiting);
    }

    [Fact]
    public void A_read_elsewhere_cancels_what_has_not_begun()
    {
        ReadTwice();
        Assert.True(_scheduler.Waiting > 0);
        AssertRead(20 << 20, 1);
        _store.ForgetCalls();
        _scheduler.RunAll();
        Assert.Empty(_store.Reads);
    }

    [Fact]
    public void While_somebody_holds_the_file_nothing_is_read_ahead()
    {
        ReadTwice();
        _store.ForgetCalls();
        using (_file.AcquireExclusive()) _scheduler.RunAll();
        Assert.Empty(_store.Reads);
        AssertRead(2L * Step);
    }

    [Fact]
    public void What_was_cut_off_meanwhile_is_not_read()
    {
        ReadTwice();
        _file.SetLength((2 * Step) + 100);
        _store.ForgetCalls();
        _scheduler.RunAll();
        Assert.Equal([new StoreCall(StoreCallKind.Read, 2 * Step, 100)], _store.Reads);
        Assert.Equal(100, _file.Read(2L * Step, new byte[Step]));
    }

    [Fact]
    public void A_read_ahead_that_fails_is_told_to_nobody_and_the_reader_asks_again()
    {
        ReadTwice();
        _store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("broken") : null;
        _scheduler.RunAll();
        _store.Fails = static _ => null;
        AssertRead(2L * Step);
        Assert.True(_file.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void Pages_that_are_there_or_dirty_are_passed_over()
    {
        _file.Write((2L * Step) + Pages.Bytes, Pages.Of(9));
        ReadTwice();
        _scheduler.RunAll();
        Assert.Equal(Pages.Of(9), Pages.Read(_file, new ByteRange((2L * Step) + Pages.Bytes, Pages.Bytes)));
        Assert.Equal(Content.AsSpan((2 * Step) + (2 * Pages.Bytes), 100).ToArray(),
            Pages.Read(_file, new ByteRange((2 * Step) + (2 * Pages.Bytes), 100)));
        Assert.DoesNotContain(_store.Reads, read => read.Offset <= (2 * Step) + Pages.Bytes
            && read.Offset + read.Length > (2 * Step) + Pages.Bytes);
    }

    [Fact]
    public void What_follows_a_read_is_begun_once_and_no_more_before_half_of_it_was_read()
    {
        int extent = PageGeometry.ExtentBytes;
        var ahead = _file.Services.NewReadAhead();
        ahead.Passed(0, Step, CallMode.Blocking);
        Assert.Equal(0, _scheduler.Waiting);
        ahead.Passed(Step, Step, CallMode.Blocking);
        Assert.Equal(1, _scheduler.Waiting);
        for (int page = 0; page < 3; page++)
        {
            ahead.Passed(extent + (page * Pages.Bytes), Pages.Bytes, CallMode.Blocking);
            Assert.Equal(1, _scheduler.Waiting);
        }

        _scheduler.RunAll();
        Assert.Equal([new StoreCall(StoreCallKind.Read, extent, extent)], _store.Reads);
    }

    [Fact]
    public void A_run_ends_before_a_page_that_is_there_and_does_not_go_on_in_the_next_extent()
    {
        long extent = 2L * PageGeometry.ExtentBytes, there = extent + (4 * Pages.Bytes);
        _file.Write(there, Pages.Of(9));
        var loader = new RunLoader(_file.State, _cache.Services.Evictor);
        SyncCompletion.Wait(loader.LoadAsync(new ByteRange(extent, 2 * PageGeometry.ExtentBytes), CallMode.Blocking));
        Assert.DoesNotContain(_store.Reads, read => read.Range.Overlaps(new ByteRange(there, Pages.Bytes)));
        Assert.Equal(2 * PageGeometry.ExtentBytes - Pages.Bytes, _store.Reads.Sum(static read => read.Length));
        Assert.Equal(Pages.Of(9), Pages.Read(_file, new ByteRange(there, Pages.Bytes)));
        AssertRead(there + Pages.Bytes);
    }

    [Fact]
    public void Where_a_view_would_see_pages_that_are_half_filled_nothing_is_read_ahead()
    {
        using var view = Views.ViewFixture.MapOrSkip(_cache, _file, ViewAccess.Read);
        ReadTwice();
        Assert.True(_scheduler.Waiting > 0);
        _store.ForgetCalls();
        _scheduler.RunAll();
        Assert.Empty(_store.Reads);
        AssertRead(2L * Step);
    }

    [Theory]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData(64 << 20, 0)]
    public void A_small_cache_and_one_that_was_told_so_read_nothing_ahead(int capacity, int most)
    {
        var scheduler = new HandScheduler();
        using var cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = capacity,
                MaxReadAheadBytes = most,
                LazyWriterInterval = TimeSpan.Zero
            }, scheduler);
        using var file = cache.Open(_store, FileShare.ReadWrite, leaveOpen: true);
        for (int at = 0; at < 4; at++) file.Read(at * Step, new byte[Step]);
        Assert.Equal(0, scheduler.Waiting);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new FileCache(new FileCacheOptions { MaxReadAheadBytes = -1 }));
    }

    [Fact]
    public async Task Asynchronous_reads_are_read_ahead_too_and_on_real_threads_the_bytes_are_right()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 << 20, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(_store, FileShare.ReadWrite, leaveOpen: true);
        _store.ForgetCalls();
        byte[] bytes = new byte[Step];
        for (long at = 0; at < FileBytes; at += Step)
        {
            int count = at % (3 * Step) == 0
                ? file.Read(at, bytes)
                : await file.ReadAsync(at, bytes, TestContext.Current.CancellationToken);
            Assert.True(bytes.AsSpan(0, count).SequenceEqual(Content.AsSpan((int)at, count)));
        }

        Assert.Contains(_store.Reads, static read => read.Length > Step);
    }

    private void ReadTwice()
    {
        AssertRead(0);
        AssertRead(Step);
    }

    private void AssertRead(long offset, int pages = 0)
    {
        byte[] bytes = new byte[pages == 0 ? Step : pages * Pages.Bytes];
        int count = _file.Read(offset, bytes);
        Assert.Equal(Math.Min(bytes.Length, FileBytes - offset), count);
        Assert.True(bytes.AsSpan(0, count).SequenceEqual(Content.AsSpan((int)offset, count)));
    }
}
