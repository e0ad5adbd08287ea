using Concord.Benchmarks.Interop;
using Concord.Caching;
using Concord.Scheduling;

namespace Concord.Benchmarks.Workloads;

/// <summary>A file in Concord's cache whose store is memory, mapped as a view.</summary>
internal sealed class ViewedFile : IDisposable
{
    private const int PieceBytes = (int)Sizes.MiB, TakeOutTriesMax = 100;

    private readonly FileCache _cache;
    private readonly byte[] _piece = new byte[PieceBytes];

    /// <param name="bytes">The file's length; whole pages.</param>
    /// <param name="access">What the view is for.</param>
    /// <param name="advice">How it says it will be touched.</param>
    public ViewedFile(long bytes, ViewAccess access, ViewAdvice advice = ViewAdvice.Normal)
        : this(new MemoryStore(new byte[bytes]), bytes, residentBytes: bytes, access, advice)
    {
    }

    /// <param name="store">The store; closed with the file.</param>
    /// <param name="bytes">The file's length.</param>
    /// <param name="residentBytes">How much of it is in memory at most.</param>
    /// <param name="access">What the view is for.</param>
    /// <param name="advice">How it says it will be touched.</param>
    public ViewedFile(BackingStore store, long bytes, long residentBytes, ViewAccess access,
        ViewAdvice advice = ViewAdvice.Normal)
    {
        Bytes = bytes;
        ResidentBytesMax = residentBytes;

        // Room for every page to be dirty and for every page to be written unseen, and nothing in the background.
        _cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = (2 * residentBytes) + (64 * Sizes.MiB),
            MaxDirtyBytes = (2 * residentBytes) + (64 * Sizes.MiB),
            LazyWriterInterval = TimeSpan.Zero,
        });
        Cached = _cache.Open(store);
        View = Cached.MapView(new ByteRange(0, bytes), access);
        View.Advise(advice);
    }

    public long Bytes { get; }

    public CachedFile Cached { get; }

    public MappedView View { get; }

    public nint Address => View.Address;

    public long Pages => Bytes / RandomPages.PageBytes;

    private long ResidentBytesMax { get; }

    /// <summary>What is missing for views here, or null.</summary>
    public static string? Missing =>
        NativeTouch.Missing
            ?? (PageFaultDispatcher.Shared.UnsupportedReason is { Length: > 0 } why ? $"views: {why}" : null);

    /// <summary>Reads the whole file into the cache, by the cache's own mapping.</summary>
    public void BringIn()
    {
        for (long at = 0; at < Bytes; at += PieceBytes) Cached.Read(at, _piece);
        ProveResident();
    }

    /// <summary>Reads the whole file into the cache; the view has translations of none of it.</summary>
    public void BringInUnmapped()
    {
        BringIn();
        TakeOut();
    }

    /// <summary>
    /// Takes all pages out of the view, and leaves them in the cache. Whoever answered the last fault may have been
    /// interrupted before it mapped the neighbours, and do so now: hence more than once.
    /// </summary>
    public void TakeOut()
    {
        var spin = new SpinWait();
        for (int tries = 0; tries == 0 || (tries < TakeOutTriesMax && Translations.Count(Address, Bytes) != 0); tries++)
        {
            if (tries > 0) spin.SpinOnce();
            if (Libc.Madvise(Address, (nint)Bytes, Libc.MadviseDontNeed) != 0)
                throw Libc.LastError("take a view's translations away");
        }

        Translations.Prove(Address, Bytes, 0);
    }

    /// <summary>Writes everything back and drops every page, and proves it.</summary>
    public void Empty()
    {
        Cached.FlushAndPurge();
        ProveEmpty();
    }

    public void ProveEmpty()
    {
        if (_cache.ResidentBytes != 0)
            throw new InvalidOperationException($"{_cache.ResidentBytes} bytes stayed in the cache");
        Translations.Prove(Address, Bytes, 0);
    }

    /// <summary>
    /// Maps every page, and flushes: whatever was written before is known, and every page waits for its first write.
    /// </summary>
    public void MapClean()
    {
        View.Prefault();
        if (!Cached.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete)
            throw new InvalidOperationException("the view could not be flushed");
        ProveResident();
        Translations.Prove(Address, Bytes, Pages);
    }

    /// <summary>Maps some pages, each on its own.</summary>
    public void Map(PageOrder pages)
    {
        for (int i = 0; i < pages.Count; i++) View.Prefault(new ByteRange(pages.OffsetOf(i), RandomPages.PageBytes));
        ProveResident();
    }

    /// <summary>Finds what native code has written.</summary>
    public void Collect() =>
        SyncCompletion.Wait(Cached.Services.Views.Sharers.CollectViewWritesAsync(
            new ByteRange(0, Bytes), CallMode.Blocking, CancellationToken.None));

    /// <summary>Finds what native code has written.</summary>
    /// <returns>The pages that are dirty then.</returns>
    public long CollectDirtyPages()
    {
        Collect();
        return _cache.DirtyBytes / RandomPages.PageBytes;
    }

    public void ProveResident()
    {
        if (_cache.ResidentBytes < ResidentBytesMax)
            throw new InvalidOperationException(
                $"the cache has {_cache.ResidentBytes} of {ResidentBytesMax} bytes: touches would be misses");
    }

    public void Dispose()
    {
        View.Dispose();
        Cached.Dispose();
        _cache.Dispose();
    }
}
