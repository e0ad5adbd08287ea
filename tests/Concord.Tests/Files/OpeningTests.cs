using Concord.Tests.Stores;

namespace Concord.Tests.Files;

/// <summary>
/// Opening a file that the cache has, with a mode that changes its bytes: the cache knows of the change.
/// </summary>
public sealed class OpeningTests : IDisposable
{
    private static readonly byte[] Long = [.. Enumerable.Range(0, 20_000).Select(static i => (byte)(i | 1))];

    private readonly TempFolder _folder = new();
    private readonly FileCache _cache =
        new(new FileCacheOptions { CapacityBytes = 4 << 20, LazyWriterInterval = TimeSpan.Zero });

    public void Dispose()
    {
        _cache.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<FileMode, bool> Cutting => new()
    {
        { FileMode.Create, false },
        { FileMode.Create, true },
        { FileMode.Truncate, false },
        { FileMode.Truncate, true },
    };

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_shorter_text_saved_over_a_flushed_file_is_the_whole_file(FileMode mode, bool isAsync)
    {
        using var first = Make();
        first.Flush();
        await SaveAsync(mode, isAsync, "short");
        Assert.Equal(5, first.Length);
        Assert.Equal("short", Read(first));
    }

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_shorter_text_saved_over_a_dirty_file_is_the_whole_file(FileMode mode, bool isAsync)
    {
        using var first = Make();
        await SaveAsync(mode, isAsync, "short");
        Assert.Equal("short", Read(first));
        first.Flush();
        Assert.Equal("short", await File.ReadAllTextAsync(_folder["a"], TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_leased_file_is_not_cut_and_the_opening_refused(FileMode mode, bool isAsync)
    {
        using var first = Make();
        first.Flush();
        using (var lease = first.Lease(new ByteRange(100, 50), LeaseAccess.Read))
        {
            await Assert.ThrowsAsync<PagesHeldException>(() => OpenAsync(mode, isAsync).AsTask());
            Assert.True(lease.Span.SequenceEqual(Long.AsSpan(100, 50)));
        }

        Assert.Equal(Long.Length, first.Length);
        Assert.Equal(Long, await File.ReadAllBytesAsync(_folder["a"], TestContext.Current.CancellationToken));
        Assert.Single(_cache.Services.Files.All.Single().Handles);
        Assert.Empty(_cache.FailedFiles);
        await SaveAsync(mode, isAsync, "short");
    }

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_mapped_file_is_cut_and_its_view_shows_zeros_behind_the_end(FileMode mode, bool isAsync)
    {
        ProcessSections.RequireLinux();
        using var first = Make();
        first.Flush();
        using var view = first.MapView(new ByteRange(0, Long.Length));
        view.Prefault();
        await SaveAsync(mode, isAsync, "short");
        byte[] shown = new byte[Long.Length];
        System.Runtime.InteropServices.Marshal.Copy(view.Address, shown, 0, 5);
        Assert.Equal("short", System.Text.Encoding.ASCII.GetString(shown, 0, 5));
        Assert.Equal(5, view.Read(0, shown));
        Assert.Equal("short", Read(first));
    }

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_file_with_a_stream_is_cut_and_the_stream_knows(FileMode mode, bool isAsync)
    {
        using var first = Make();
        await using var stream = first.AsStream(leaveOpen: true);
        stream.Position = 10_000;
        await SaveAsync(mode, isAsync, "short");
        Assert.Equal(5, stream.Length);
        Assert.Equal(-1, stream.ReadByte());
        stream.Position = 0;
        using var reader = new StreamReader(stream, leaveOpen: true);
        Assert.Equal("short", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_file_that_somebody_else_made_longer_is_cut_to_nothing(FileMode mode, bool isAsync)
    {
        using var first = _cache.Open(_folder["a"], FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
        await File.WriteAllBytesAsync(_folder["a"], Long, TestContext.Current.CancellationToken);
        await SaveAsync(mode, isAsync, "short");
        Assert.Equal("short", Read(first));
    }

    [Theory]
    [MemberData(nameof(Cutting))]
    public async Task A_file_whose_pages_could_not_be_written_is_cut_to_nothing(FileMode mode, bool isAsync)
    {
        using var store = new ScriptedLocalStore(_folder["a"]) { Refuses = true };
        var failed = _cache.Open(store, leaveOpen: true);
        failed.Write(0, Long);
        failed.Dispose();
        Assert.Single(_cache.FailedFiles);
        store.Refuses = false;
        await SaveAsync(mode, isAsync, "short");
        _cache.FailedFiles[0].Retry();
        Assert.Equal("short", await File.ReadAllTextAsync(_folder["a"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_new_file_of_a_name_that_is_there_is_refused_and_nothing_changes()
    {
        using var first = Make();
        Assert.Throws<IOException>(() => _cache.Open(_folder["a"], FileMode.CreateNew, FileAccess.ReadWrite));
        await Assert.ThrowsAsync<IOException>(() => OpenAsync(FileMode.CreateNew, isAsync: true).AsTask());
        Assert.Equal(Long.Length, first.Length);
        first.Flush();
        Assert.Equal(Long, await File.ReadAllBytesAsync(_folder["a"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_file_opened_to_append_keeps_its_bytes_and_is_written_only()
    {
        using var first = Make();
        using var appending = _cache.Open(_folder["a"], FileMode.Append, FileAccess.Write);
        appending.Write(appending.Length, "end"u8);
        Assert.Equal(Long.Length + 3, first.Length);
        byte[] got = new byte[Long.Length + 3];
        first.Read(0, got);
        Assert.True(got.AsSpan().SequenceEqual([.. Long, .. "end"u8]));
    }

    [Fact]
    public async Task A_handle_for_writing_shows_no_bytes()
    {
        using var first = Make();
        using var file = _cache.Open(_folder["a"], FileMode.Open, FileAccess.Write);
        var part = new ByteRange(0, 10);
        Assert.False(file.CanRead);
        Assert.Throws<NotSupportedException>(() => file.Read(0, new byte[1]));
        Assert.Throws<NotSupportedException>(() => file.TryRead(0, new byte[1], out _));
        Assert.Throws<NotSupportedException>(() => file.ReadUncached(0, new byte[1]));
        Assert.Throws<NotSupportedException>(() => file.ReadTo(new System.Buffers.ArrayBufferWriter<byte>(), 0, 1));
        Assert.Throws<NotSupportedException>(() => file.Lease(part));
        Assert.Throws<NotSupportedException>(() => file.LeaseSequence(part));
        Assert.Throws<NotSupportedException>(() => file.MapView(part));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await file.ReadAsync(0, new byte[1]));
        using (var hold = file.AcquireExclusive())
        {
            Assert.Throws<NotSupportedException>(() => hold.Read(0, new byte[1]));
        }

        await using var stream = file.AsStream(leaveOpen: true);
        Assert.False(stream.CanRead);
        Assert.Throws<NotSupportedException>(() => stream.ReadByte());

        // A page that is written in part is read all the same.
        file.Write(3, "mine"u8);
        byte[] got = new byte[10];
        first.Read(0, got);
        Assert.True(got.AsSpan().SequenceEqual([.. Long.AsSpan(0, 3), .. "mine"u8, .. Long.AsSpan(7, 3)]));
    }

    [Fact]
    public void A_store_that_cuts_is_refused_while_a_cache_has_the_file()
    {
        using var first = Make();
        Assert.Throws<IOException>(() => LocalFileStore.Open(_folder["a"], FileMode.Create, FileAccess.ReadWrite));
        Assert.Throws<IOException>(() => LocalFileStore.Open(_folder["a"], FileMode.Truncate, FileAccess.ReadWrite));
        Assert.Equal(Long.Length, first.Length);
        first.Close();
        using var store = LocalFileStore.Open(_folder["a"], FileMode.Create, FileAccess.ReadWrite);
        Assert.Equal(0, store.GetLength());
    }

    [Fact]
    public async Task Files_opened_at_once_have_one_state()
    {
        await File.WriteAllBytesAsync(_folder["a"], Long, TestContext.Current.CancellationToken);
        var opening = Enumerable.Range(0, 16).Select(i => i % 2 == 0
            ? Task.Run(() => _cache.Open(_folder["a"], FileMode.Open, FileAccess.ReadWrite))
            : _cache.OpenAsync(_folder["a"], FileMode.Open, FileAccess.ReadWrite).AsTask()).ToArray();
        var files = await Task.WhenAll(opening);
        Assert.Equal(16, _cache.Services.Files.All.Single().Handles.Count);
        files[3].Write(0, "one"u8);
        byte[] got = new byte[3];
        foreach (var file in files)
        {
            file.Read(0, got);
            Assert.True(got.AsSpan().SequenceEqual("one"u8));
            await file.DisposeAsync();
        }

        Assert.Empty(_cache.Services.Files.All);
    }

    [Fact]
    public async Task A_cancelled_opening_changes_nothing()
    {
        using var first = Make();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var stop = cancelled.Token;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _cache.OpenAsync(_folder["a"], FileMode.Create, FileAccess.Write, cancellationToken: stop).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _cache.OpenAsync(new MemoryStore(), cancellationToken: stop).AsTask());
        Assert.Equal(Long.Length, first.Length);
        Assert.Single(_cache.Services.Files.All.Single().Handles);
    }

    [Fact]
    public async Task A_closed_cache_opens_nothing()
    {
        var cache = new FileCache();
        await cache.CloseAsync();
        Assert.Throws<ObjectDisposedException>(() => cache.Open(_folder["a"]));
        Assert.Throws<ObjectDisposedException>(() => { _ = cache.OpenAsync(_folder["a"]); });
        Assert.Throws<ObjectDisposedException>(() => cache.Open(new MemoryStore()));
        Assert.Throws<ObjectDisposedException>(() => { _ = cache.OpenAsync(new MemoryStore()); });
    }

    private CachedFile Make()
    {
        var file = _cache.Open(_folder["a"], FileMode.Create, FileAccess.ReadWrite);
        file.Write(0, Long);
        return file;
    }

    private ValueTask<CachedFile> OpenAsync(FileMode mode, bool isAsync) => isAsync
        ? _cache.OpenAsync(_folder["a"], mode, FileAccess.ReadWrite, FileShare.ReadWrite)
        : ValueTask.FromResult(_cache.Open(_folder["a"], mode, FileAccess.ReadWrite, FileShare.ReadWrite));

    private async Task SaveAsync(FileMode mode, bool isAsync, string text)
    {
        await using (var file = await OpenAsync(mode, isAsync))
        {
            Assert.Equal(0, file.Length);
            file.Write(0, System.Text.Encoding.ASCII.GetBytes(text));
        }

        Assert.Equal(text, await File.ReadAllTextAsync(_folder["a"], TestContext.Current.CancellationToken));
    }

    private static string Read(CachedFile file)
    {
        byte[] got = new byte[Long.Length];
        return System.Text.Encoding.ASCII.GetString(got, 0, file.Read(0, got));
    }

    /// <summary>A local file, by a store that can be told to refuse what is written.</summary>
    private sealed class ScriptedLocalStore(string path) : BackingStore
    {
        private readonly LocalFileStore _store = LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);

        internal bool Refuses { get; set; }

        public override object Identity => _store.Identity;

        public override long GetLength() => _store.GetLength();

        public override int Read(long offset, Memory<byte> destination) => _store.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            if (Refuses) throw new IOException("refused");
            _store.Write(offset, pieces);
        }

        public override void Barrier() => _store.Barrier();

        public override void SetLength(long length) => _store.SetLength(length);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _store.Dispose();
            base.Dispose(disposing);
        }
    }
}
