using System.Buffers;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;

namespace Concord.Tests.Files;

/// <summary>Asynchronous forms: what is refused at once is thrown by the call, and closing has them too.</summary>
public sealed class AsyncFormTests
{
    private static readonly ByteRange Some = new(0, 10);

    [Fact]
    public void A_closed_file_is_refused_by_the_call_and_not_by_its_task()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var file = test.Cache.Open(test.Store, leaveOpen: true);
        var stream = file.AsStream();
        file.Close();
        ThrowsAtOnce<ObjectDisposedException>(Calls(file));
        ThrowsAtOnce<ObjectDisposedException>(
            () => { _ = file.AcquireExclusiveAsync(); },
            () => { _ = stream.ReadAsync(new byte[1]); },
            () => { _ = stream.WriteAsync(new byte[1]); },
            () => { _ = stream.FlushAsync(); },
            () => { _ = stream.FlushAsync(flushToDisk: true); });
    }

    [Fact]
    public void A_released_hold_is_refused_by_the_call_and_not_by_its_task()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var hold = test.File.AcquireExclusive();
        hold.Dispose();
        ThrowsAtOnce<ObjectDisposedException>(Calls(hold));
        ThrowsAtOnce<ObjectDisposedException>(() => { _ = hold.SuspendAsync(Some); });
    }

    [Fact]
    public void Arguments_out_of_range_are_refused_by_the_call_and_not_by_its_task()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var hold = test.File.AcquireExclusive();
        ThrowsAtOnce<ArgumentOutOfRangeException>(
            () => { _ = hold.ReadAsync(-1, new byte[1]); },
            () => { _ = hold.WriteAsync(-1, new byte[1]); },
            () => { _ = hold.ReadUncachedAsync(-1, new byte[1]); },
            () => { _ = hold.WriteUncachedAsync(-1, new byte[1]); },
            () => { _ = hold.SetLengthAsync(-1); },
            () => { _ = hold.LeaseAsync(new ByteRange(0, 0)); },
            () => { _ = hold.LeaseAsync(Some, (LeaseAccess)77); },
            () => { _ = hold.LeaseSequenceAsync(new ByteRange(0, 1L << 40)); },
            () => { _ = hold.MapViewAsync(new ByteRange(0, 0)); },
            () => { _ = hold.ReadToAsync(new ArrayBufferWriter<byte>(), -1, 1); },
            () => { _ = hold.ReadToAsync(new ArrayBufferWriter<byte>(), 0, -1); },
            () => { _ = hold.FlushAndPurgeAsync((CoherencyOptions)2); },
            () => { _ = hold.SuspendAsync(new ByteRange(0, 1L << 40)); });
        Assert.Throws<ArgumentNullException>(() => { _ = hold.ReadToAsync(null!, 0, 1); });
    }

    [Fact]
    public void A_file_for_reading_refuses_changes_by_the_call_and_not_by_its_task()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(new ReadOnlyStore(test.Store));
        ThrowsAtOnce<NotSupportedException>(
            () => { _ = file.WriteAsync(0, new byte[1]); },
            () => { _ = file.WriteUncachedAsync(0, new byte[1]); },
            () => { _ = file.SetLengthAsync(0); },
            () => { _ = file.DiscardAsync(Some); },
            () => { _ = file.LeaseAsync(Some, LeaseAccess.Write); });
    }

    [Fact]
    public void A_view_that_was_disposed_is_refused_by_the_call_and_not_by_its_task()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        var view = fixture.File.MapView(new ByteRange(0, Pages.Bytes));
        view.Dispose();
        ThrowsAtOnce<ObjectDisposedException>(
            () => { _ = view.PrefaultAsync(); },
            () => { _ = view.PrefaultAsync(Some); });
    }

    [Fact]
    public async Task Closing_a_file_without_blocking_writes_it_back()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var file = test.Cache.Open(test.Store, leaveOpen: true);
        file.Write(5, "written"u8);
        await file.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => file.Length);
        Assert.True(test.Store.Content.AsSpan(5, 7).SequenceEqual("written"u8));
        await file.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_a_cache_without_blocking_closes_its_files_or_keeps_them()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        var file = cache.Open(store, leaveOpen: true);
        file.Write(0, "kept"u8);
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("refused") : null;
        await Assert.ThrowsAsync<WriteBackException>(() => cache.CloseAsync().AsTask());
        await cache.DisposeAsync();
        var failed = Assert.Single(cache.FailedFiles);
        await Assert.ThrowsAsync<WriteBackException>(() => failed.RetryAsync().AsTask());
        store.Fails = static _ => null;
        await failed.RetryAsync();
        await cache.CloseAsync();
        Assert.True(store.Content.AsSpan(0, 4).SequenceEqual("kept"u8));
        Assert.Throws<ObjectDisposedException>(() => cache.Open(store));
    }

    [Fact]
    public async Task A_failed_file_is_given_up_without_blocking_when_its_leases_have_ended()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        var options = new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero };
        await using var cache = new FileCache(options);
        var file = cache.Open(store);
        var lease = file.Lease(Some);
        await file.DisposeAsync();
        var failed = Assert.Single(cache.FailedFiles);
        using (var stop = new CancellationTokenSource())
        {
            var stopped = failed.DiscardAsync(stop.Token).AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        }

        Assert.Single(cache.FailedFiles);
        var discarding = failed.DiscardAsync().AsTask();
        Assert.False(discarding.IsCompleted);
        lease.Dispose();
        await discarding;
        Assert.Empty(cache.FailedFiles);
        Assert.Empty(cache.Services.Files.All);
    }

    [Fact]
    public async Task A_hold_and_its_suspended_ranges_end_without_blocking()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        await using (var hold = await test.File.AcquireExclusiveAsync())
        {
            await using var suspended = await hold.SuspendAsync(Some);
            test.Store.Write(0, [new byte[] { 9 }]);
        }

        byte[] got = new byte[1];
        Assert.Equal(1, await test.File.ReadAsync(0, got));
        Assert.Equal(9, got[0]);
    }

    [Fact]
    public async Task Reading_into_a_buffer_writer_without_blocking_gives_the_same_bytes()
    {
        byte[] bytes = Pages.Pattern((5 * Pages.Bytes) + 100, seed: 3);
        using var test = new CachedFixture(bytes);
        var writer = new ArrayBufferWriter<byte>();
        Assert.Equal(bytes.Length - 50, await test.File.ReadToAsync(writer, 50, long.MaxValue));
        Assert.True(writer.WrittenSpan.SequenceEqual(bytes.AsSpan(50)));
    }

    private static Action[] Calls(FileOperations file) =>
    [
        () => { _ = file.ReadAsync(0, new byte[1]); },
        () => { _ = file.WriteAsync(0, new byte[1]); },
        () => { _ = file.ReadUncachedAsync(0, new byte[1]); },
        () => { _ = file.WriteUncachedAsync(0, new byte[1]); },
        () => { _ = file.SetLengthAsync(0); },
        () => { _ = file.DiscardAsync(Some); },
        () => { _ = file.LeaseAsync(Some); },
        () => { _ = file.LeaseSequenceAsync(Some); },
        () => { _ = file.MapViewAsync(Some); },
        () => { _ = file.ReadToAsync(new ArrayBufferWriter<byte>(), 0, 1); },
        () => { _ = file.FlushAndPurgeAsync(); },
        () => { _ = file.FlushAndPurgeAsync(Some); },
        () => { _ = file.FlushAsync(); },
        () => { _ = file.FlushAsync(Some); },
        () => { _ = file.LoadAsync(); },
        () => { _ = file.LoadAsync(Some); },
    ];

    private static void ThrowsAtOnce<T>(params Action[] calls)
        where T : Exception
    {
        for (int i = 0; i < calls.Length; i++)
        {
            var error = Record.Exception(calls[i]);
            string was = error?.GetType().Name ?? "nothing at once";
            Assert.True(error is T, $"call {i} threw {was} instead of {typeof(T).Name}");
        }
    }

    private sealed class ReadOnlyStore(BackingStore store) : BackingStore
    {
        public override bool CanWrite => false;

        public override long GetLength() => store.GetLength();

        public override int Read(long offset, Memory<byte> destination) => store.Read(offset, destination);
    }
}
