namespace Concord.Tests.Caching;

/// <summary>Caches and handles that are closed while some stores fail, and files that heal after that.</summary>
public sealed class FailedFileTests
{
    private readonly ScriptedStore[] _stores = [.. Enumerable.Range(0, 4).Select(static _ => new ScriptedStore())];

    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 256 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    public static TheoryData<string, bool> Errors
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in new[] { "io", "timeout", "cancelled", "disposed", "other", "memory" })
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_good_flush_of_the_cache_heals_a_file_whose_barrier_failed_and_does_not_tell_that_again()
    {
        using var cache = new FileCache(new FileCacheOptions { LazyWriterInterval = TimeSpan.Zero });
        var store = new ScriptedStore();
        var file = cache.Open(store);
        file.Write(0, Pages.Of(1));
        store.Fails = static call => call.Kind == StoreCallKind.Barrier ? new IOException("planted") : null;
        file.Dispose();
        Assert.Single(cache.FailedFiles);
        store.Fails = static _ => null;
        cache.Flush();
        Assert.Empty(cache.FailedFiles);
        Assert.Equal(Pages.Of(1), store.Content);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Closing_a_cache_writes_every_file_and_throws_one_error_that_has_all(string kind, bool isAsync)
    {
        OpenAll();
        Fail(kind, 0, 2);
        var error = Assert.IsType<WriteBackException>(await CloseAsync(isAsync));
        var all = Assert.IsType<AggregateException>(error.InnerException);
        Assert.Equal(2, all.InnerExceptions.Count);
        Assert.All(all.InnerExceptions, static one => Assert.IsAssignableFrom<IOException>(one));
        CheckStored(1, 3);

        // The next one closes what is left.
        Heal();
        Assert.Null(await CloseAsync(isAsync));
        CheckStored(0, 1, 2, 3);
        Assert.Equal(0, _cache.ResidentBytes);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Disposing_a_cache_never_throws_and_writes_every_file(string kind, bool isAsync)
    {
        OpenAll();
        Fail(kind, 1, 2);
        await DisposeAsync(isAsync);
        Assert.Equal(2, _cache.FailedFiles.Count);
        Assert.All(_cache.FailedFiles, static failed => Assert.IsAssignableFrom<IOException>(failed.Error));
        CheckStored(0, 3);

        // One of them, then the other: each end tries those again that failed.
        _stores[1].Fails = static _ => null;
        await DisposeAsync(isAsync);
        Assert.Single(_cache.FailedFiles);
        CheckStored(0, 1, 3);
        Heal();
        Assert.Null(await CloseAsync(isAsync));
        Assert.Empty(_cache.FailedFiles);
        CheckStored(0, 1, 2, 3);
        Assert.Equal(0, _cache.ResidentBytes);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task A_handle_that_fails_at_its_end_heals_with_the_next_good_flush_of_the_cache(
        string kind, bool isAsync)
    {
        var files = OpenAll();
        Fail(kind, 0);
        if (isAsync) await files[0].DisposeAsync();
        else files[0].Dispose();
        Assert.IsAssignableFrom<IOException>(Assert.Single(_cache.FailedFiles).Error);
        Assert.NotNull(await FlushAsync(isAsync));
        Assert.Single(_cache.FailedFiles);
        Heal();

        // The first may tell what happened before.
        if (await FlushAsync(isAsync) is not null) Assert.Null(await FlushAsync(isAsync));
        Assert.Empty(_cache.FailedFiles);
        CheckStored(0, 1, 2, 3);
        Assert.Null(await CloseAsync(isAsync));
    }

    [Fact]
    public void A_handle_that_failed_heals_with_a_good_flush_by_another_one_of_its_file()
    {
        var first = _cache.Open(_stores[0], leaveOpen: true);
        using var second = _cache.Open(_stores[0], leaveOpen: true);
        first.Write(0, Pages.Of(1));
        Fail("io", 0);
        first.Dispose();
        Assert.Single(_cache.FailedFiles);
        Assert.Throws<WriteBackException>(() => second.Flush());
        Assert.Single(_cache.FailedFiles);
        Heal();
        Assert.True(second.Flush().IsComplete);
        Assert.Empty(_cache.FailedFiles);
        Assert.Equal(Pages.Of(1), Pages.Read(second, Pages.Range(0)));
        second.Close();
        _cache.Close();
    }

    [Fact]
    public void A_lease_keeps_its_own_file_open_only_and_the_error_says_so()
    {
        var files = OpenAll();
        var lease = files[1].Lease(Pages.Range(0));
        var error = Assert.Throws<InvalidOperationException>(_cache.Close);
        Assert.Contains("held", error.Message, StringComparison.Ordinal);
        CheckStored(0, 1, 2, 3);
        Assert.Throws<ObjectDisposedException>(() => files[0].Read(0, new byte[1]));
        lease.Dispose();
        _cache.Close();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_throws_when_it_is_closed_is_told_and_keeps_nothing_open(bool isAsync)
    {
        var store = new UnclosableStore();
        var file = _cache.Open(store);
        OpenAll();
        file.Write(0, Pages.Of(9));
        var error = await CloseAsync(isAsync);
        Assert.IsAssignableFrom<IOException>(error);
        Assert.Contains("planted", error!.Message, StringComparison.Ordinal);
        Assert.Equal(Pages.Bytes, store.Memory.GetLength());
        CheckStored(0, 1, 2, 3);
        Assert.Empty(_cache.FailedFiles);
        Assert.Throws<ObjectDisposedException>(() => _cache.Open(_stores[0]));

        using var other = new FileCache();
        other.Open(new UnclosableStore()).Dispose();
        other.Open(new UnclosableStore());
        await other.DisposeAsync();
        Assert.Empty(other.FailedFiles);
    }

    private static Exception Make(string kind) => kind switch
    {
        "io" => new IOException("planted"),
        "timeout" => new TimeoutException("planted"),
        "cancelled" => new OperationCanceledException("planted"),
        "disposed" => new ObjectDisposedException("planted"),
        "memory" => new OutOfMemoryException("planted"),
        _ => new FormatException("planted"),
    };

    private CachedFile[] OpenAll()
    {
        CachedFile[] files = [.. _stores.Select(store => _cache.Open(store, leaveOpen: true))];
        for (int i = 0; i < files.Length; i++) files[i].Write(0, Pages.Of((byte)(i + 1), 3));
        return files;
    }

    private void Fail(string kind, params int[] which)
    {
        foreach (int one in which)
        {
            _stores[one].Fails = call => call.Kind is StoreCallKind.Write or StoreCallKind.Barrier ? Make(kind) : null;
        }
    }

    private void Heal()
    {
        foreach (var store in _stores) store.Fails = static _ => null;
    }

    private void CheckStored(params int[] which)
    {
        foreach (int one in which) Assert.Equal(Pages.Of((byte)(one + 1), 3), _stores[one].Content);
    }

    private async Task<Exception?> CloseAsync(bool isAsync) => isAsync
        ? await Record.ExceptionAsync(async () => await _cache.CloseAsync(Token))
        : Record.Exception(_cache.Close);

    private async Task<Exception?> FlushAsync(bool isAsync) => isAsync
        ? await Record.ExceptionAsync(async () => await _cache.FlushAsync(Token))
        : Record.Exception(_cache.Flush);

    private async Task DisposeAsync(bool isAsync)
    {
        if (isAsync) await _cache.DisposeAsync();
        else _cache.Dispose();
    }

    /// <summary>A store that keeps its promises but the last.</summary>
    private sealed class UnclosableStore : BackingStore
    {
        internal MemoryStore Memory { get; } = new();

        public override long GetLength() => Memory.GetLength();

        public override int Read(long offset, Memory<byte> destination) => Memory.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            Memory.Write(offset, pieces);

        public override void Barrier() => Memory.Barrier();

        public override void SetLength(long length) => Memory.SetLength(length);

        protected override void Dispose(bool disposing) => throw new TimeoutException("planted");
    }
}
