using Concord.Caching;
using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A cache of files and other stores: keeps their pages in memory within a capacity, writes changes back, and
/// offers the coherent flush and purge on each.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
public sealed class FileCache : IDisposable
{
    private readonly CacheServices _services;
    private readonly bool _sharesCapacity;
    private volatile bool _isClosed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="options">How it is set up; defaults without.</param>
    /// <exception cref="ArgumentNullException"><see cref="FileCacheOptions.TimeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range: the message names it, and what would be right.</exception>
    public FileCache(FileCacheOptions? options = null)
        : this(options ?? new FileCacheOptions(), scheduler: null)
    {
    }

    internal FileCache(FileCacheOptions options, CacheScheduler? scheduler)
    {
        options = options.CopyChecked();
        Name = options.Name;
        _sharesCapacity = options.CapacityBytes == 0;
        long capacity = _sharesCapacity ? SharedCapacity.Bytes : options.CapacityBytes;
        _services = new CacheServices(
            scheduler ?? new PoolScheduler(options.TimeProvider), options, PageGeometry.PagesIn(capacity),
            exitTimeout: scheduler is null ? options.ExitFlushTimeout : TimeSpan.Zero, TellExitFailures);
        if (_sharesCapacity) SharedCapacity.OfProcess.Join(State);
    }

    /// <summary>
    /// Raised while the process ends (see <see cref="FileCacheOptions.ExitFlushTimeout"/>), once, with the files that
    /// could not be written in time. Handlers run on the thread that ends the process, which waits for them. Where
    /// nobody listens each file is a line on the standard error stream.
    /// </summary>
    public event EventHandler<ExitFlushFailedEventArgs>? ExitFlushFailed;

    /// <summary>What the options call the cache; null without a name.</summary>
    public string? Name { get; }

    /// <summary>Bytes of pages in memory now, purged pages that were not given back included.</summary>
    public long ResidentBytes => State.Counters.Backed << PageGeometry.PageShift;

    /// <summary>Bytes of pages that the stores have yet to accept.</summary>
    public long DirtyBytes => State.Counters.Dirty << PageGeometry.PageShift;

    /// <summary>
    /// The most bytes of pages in memory, what leases hold besides. It changes while other caches without a capacity of
    /// their own come and go: see <see cref="FileCacheOptions.CapacityBytes"/>.
    /// </summary>
    public long CapacityBytes => State.CapacityPages << PageGeometry.PageShift;

    /// <summary>Bytes of pages in memory that lie in huge pages; 0 unless the cache was made with <see cref="SectionKind.Huge"/>.</summary>
    public long HugePageBytes => _services.HugeBlocks.Bytes;

    /// <summary>
    /// What this system lacks for <see cref="SectionKind.Huge"/>, or null: the size of its huge pages, or Linux. The system's
    /// policy (/sys/kernel/mm/transparent_hugepage/shmem_enabled) may be any.
    /// </summary>
    public static string? HugePagesUnsupportedReason => HugePages.UnsupportedReason;

    /// <summary>Files that could not be written back when they were disposed, with all their pages. A snapshot.</summary>
    public IReadOnlyList<FailedFile> FailedFiles => [.. State.FailedFiles.Cast<FailedFile>()];

    internal CacheServices Services => _services;

    internal CacheState State => _services.State;

    internal LazyWriter LazyWriter => _services.LazyWriter;

    /// <summary>
    /// What the cache holds now. Each figure is exact by itself; others may have changed before the next was read. Does
    /// not block.
    /// </summary>
    public FileCacheStatistics GetCurrentStatistics() => new()
    {
        CapacityBytes = CapacityBytes,
        MaxDirtyBytes = State.DirtyPagesMax << PageGeometry.PageShift,
        ResidentBytes = ResidentBytes,
        DirtyBytes = DirtyBytes,
        LeasedBytes = State.Counters.Leased << PageGeometry.PageShift,
        HugePageBytes = HugePageBytes,
        Files = _services.Files.Count,
        FailedFiles = FailedFiles.Count,
    };

    /// <summary>Opens a local file through the cache. Handles of one file, by whatever path, share one state.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">Whether the file has to exist.</param>
    /// <param name="access">Reading, or reading and writing.</param>
    /// <returns>A handle; close it, and the file leaves the cache with the last one.</returns>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it, or the path names a directory.</exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public CachedFile Open(string path, FileMode mode = FileMode.OpenOrCreate, FileAccess access = FileAccess.ReadWrite)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var store = LocalFileStore.Open(path, mode, access);
        try
        {
            return Open(store, leaveOpen: false);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a store through the cache. Handles of stores with one identity share one state and one store: the first,
    /// or the first that takes writes. A handle writes if its own store does.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="leaveOpen">
    /// Whether the store stays open. Otherwise it is disposed when the last handle is closed, or at once if another
    /// store serves its file.
    /// </param>
    /// <returns>A handle; close it, and the file leaves the cache with the last one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="store"/> is null.</exception>
    /// <exception cref="IOException">The store cannot be asked for its length.</exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public CachedFile Open(BackingStore store, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(store);
        ObjectDisposedException.ThrowIf(_isClosed, this);
        while (true)
        {
            var services = _services.FileOf(store);
            var handle = new CachedFile(services, store.CanWrite);
            if (!services.State.TryAddHandle(handle, store, ownsStore: !leaveOpen, out bool isUsed)) continue;

            // Another handle's store serves this one too; the second way to the same bytes is not needed.
            if (!isUsed && !leaveOpen) store.Dispose();
            return handle;
        }
    }

    /// <summary>Writes everything back and closes every file. Blocks.</summary>
    /// <exception cref="WriteBackException">A file could not be written back; the cache stays open, and nothing is lost.</exception>
    /// <exception cref="InvalidOperationException">Some of <see cref="FailedFiles"/> remain; retry or discard them first.</exception>
    public void Close()
    {
        if (_isClosed) return;
        foreach (var file in _services.Files.All)
        {
            foreach (CachedFile handle in file.Handles) handle.Close();
        }

        if (FailedFiles is [var failed, ..])
        {
            throw new InvalidOperationException($"{failed.Name} could not be written back; retry or discard it first", failed.Error);
        }

        _isClosed = true;
        if (_sharesCapacity) SharedCapacity.OfProcess.Leave(State);
        State.Retired.Release();
        SyncCompletion.Wait(LazyWriter.StopAsync(CallMode.Blocking));
        _services.ExitFlush.Leave();
    }

    /// <summary>
    /// <see cref="Close"/> that never throws. A cache with a file that cannot be written back stays as it is, so
    /// that nothing is lost: see <see cref="FailedFiles"/>.
    /// </summary>
    public void Dispose()
    {
        foreach (var file in _services.Files.All)
        {
            foreach (CachedFile handle in file.Handles) handle.Dispose();
        }

        if (FailedFiles.Count == 0) Close();
    }

    private void TellExitFailures(IReadOnlyList<ExitFlushFailure> failures)
    {
        if (ExitFlushFailed is { } listeners)
        {
            listeners(this, new ExitFlushFailedEventArgs(failures));
            return;
        }

        ExitFlush.Complain(failures);
    }
}
