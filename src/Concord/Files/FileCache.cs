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
public sealed partial class FileCache : IDisposable, IAsyncDisposable
{
    private readonly CacheServices _services;
    private readonly MemoryPressure _pressure;
    private readonly bool _sharesCapacity;
    private volatile bool _isClosed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="options">The options; null for defaults.</param>
    /// <exception cref="ArgumentNullException"><see cref="FileCacheOptions.TimeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of range: the message names it, and what would be right.
    /// </exception>
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
            scheduler ?? new PoolScheduler(GuardedClock.Of(options.TimeProvider)), options,
            PageGeometry.PagesIn(capacity),
            exitTimeout: scheduler is null ? options.ExitFlushTimeout : null, TellExitFailures);
        _pressure = new MemoryPressure(capacity);
        if (_sharesCapacity) SharedCapacity.OfProcess.Join(State);
    }

    /// <summary>
    /// Raised while the process ends (see <see cref="FileCacheOptions.ExitFlushTimeout"/>), once, with the files that
    /// could not be written in time. Handlers run on the thread that ends the process, which waits for them. Without a
    /// handler, each file is a line on the standard error stream.
    /// </summary>
    public event EventHandler<ExitFlushFailedEventArgs>? ExitFlushFailed;

    /// <summary>The cache's name, from its options; null without one.</summary>
    public string? Name { get; }

    /// <summary>Bytes of pages in memory now, purged pages that were not given back included.</summary>
    public long ResidentBytes => State.Counters.Backed << PageGeometry.PageShift;

    /// <summary>Bytes of pages that the stores have yet to accept.</summary>
    public long DirtyBytes => State.Counters.Dirty << PageGeometry.PageShift;

    /// <summary>
    /// The most bytes of pages in memory, without those that leases hold. It changes when other caches without a
    /// capacity of their own are made and closed: see <see cref="FileCacheOptions.CapacityBytes"/>.
    /// </summary>
    public long CapacityBytes => State.CapacityPages << PageGeometry.PageShift;

    /// <summary>
    /// Bytes of pages in memory that lie in huge pages; 0 unless the cache was made with <see
    /// cref="SectionKind.Huge"/>.
    /// </summary>
    public long HugePageBytes => _services.HugeBlocks.Bytes;

    /// <summary>
    /// What this system lacks for <see cref="SectionKind.Huge"/>, or null: the size of its huge pages, or Linux. The
    /// system's policy (/sys/kernel/mm/transparent_hugepage/shmem_enabled) may be any.
    /// </summary>
    public static string? HugePagesUnsupportedReason => HugePages.UnsupportedReason;

    /// <summary>
    /// Files that could not be written back when they were disposed, with all their pages. A snapshot.
    /// </summary>
    public IReadOnlyList<FailedFile> FailedFiles => [.. State.FailedFiles.Cast<FailedFile>()];

    internal CacheServices Services => _services;

    internal CacheState State => _services.State;

    internal LazyWriter LazyWriter => _services.LazyWriter;

    /// <summary>
    /// What the cache holds now. Each figure is exact, but they are read one after the other, so they may be of
    /// different moments. Does not block.
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

    /// <returns>False if there is no handler, or one threw.</returns>
    private bool TryTellListeners(IReadOnlyList<ExitFlushFailure> failures)
    {
        if (ExitFlushFailed is not { } listeners) return false;
        try
        {
            listeners(this, new ExitFlushFailedEventArgs(failures));
            return true;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false;
        }
    }

    private void TellExitFailures(IReadOnlyList<ExitFlushFailure> failures)
    {
        if (!TryTellListeners(failures)) ExitFlush.Complain(failures);
    }
}
