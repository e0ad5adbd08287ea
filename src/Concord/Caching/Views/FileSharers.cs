using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The sharers of a file: its views, and other holders of copies. It replaces <see cref="NoSharers"/> in the file's
/// state when the first sharer is added, and stays.
/// </summary>
internal sealed class FileSharers(FileState file, ViewList views, ViewPages pages, ViewSharer viewSharer) : ISharers
{
    // _gate owns the writing of _all; the array is replaced, never changed.
    private readonly Lock _gate = new();
    private ISharer[] _all = [];

    public bool AreNone => Volatile.Read(ref _all).Length == 0;

    public bool HaveViews => Array.Exists(Volatile.Read(ref _all), static sharer => sharer.IsUserView);

    public int WritableViews => Volatile.Read(ref _all).Count(
        static sharer => sharer.IsUserView && sharer.CanWrite(new ByteRange(0, long.MaxValue)));

    /// <summary>Makes this object the file's sharers.</summary>
    internal void Attach() => file.Sharers = this;

    internal void Add(ISharer sharer)
    {
        lock (_gate) Volatile.Write(ref _all, [.. _all, sharer]);
        Attach();
    }

    internal void Remove(ISharer sharer)
    {
        lock (_gate) Volatile.Write(ref _all, [.. _all.Where(other => other != sharer)]);
        file.SharerRemoved?.Invoke();
    }

    public bool CanWrite(ByteRange range)
    {
        foreach (var sharer in Volatile.Read(ref _all))
        {
            if (sharer.CanWrite(range)) return true;
        }

        return false;
    }

    public bool HasWritableView(ByteRange range) => views.CanWrite(range);

    public ulong PagesWritable(long extent) => views.Tracked(extent);

    /// <inheritdoc/>
    /// <remarks>Asks the sharers, so no extent is locked meanwhile.</remarks>
    public ulong PagesShown(long extent, ulong pages)
    {
        ulong shown = PageMask.None;
        if (pages == PageMask.None || !IsShown(PageGeometry.BytesOf(extent, pages))) return shown;
        for (ulong rest = pages; rest != PageMask.None; rest &= rest - 1)
        {
            ulong page = rest & (0 - rest);
            if (IsShown(PageGeometry.BytesOf(extent, page))) shown |= page;
        }

        return shown;
    }

    public ulong PagesMappedLocked(Extent extent, ulong ofPages) => pages.InUseLocked(extent, ofPages);

    public async ValueTask CollectWritesAsync(
        ByteRange range, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken)
    {
        foreach (var sharer in Volatile.Read(ref _all))
        {
            if (Skips(sharer, range, options)) continue;
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            await sharer.CollectWritesAsync(range, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask CollectViewWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken) =>
        viewSharer.CollectWritesAsync(range, mode, cancellationToken);

    public async ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CoherencyOptions options, List<(Extent Extent, ulong Pages)> frozen, CallMode mode,
            CancellationToken cancellationToken)
    {
        var held = new List<LeftRange>();
        foreach (var sharer in Volatile.Read(ref _all))
        {
            if (Skips(sharer, range, options)) continue;
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            held.AddRange(sharer == viewSharer
                ? await viewSharer.InvalidateAsync(range, frozen, mode, cancellationToken).ConfigureAwait(false)
                : await sharer.InvalidateAsync(range, mode, cancellationToken).ConfigureAwait(false));
        }

        return held;
    }

    public async ValueTask InvalidateCopiesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        foreach (var sharer in Volatile.Read(ref _all))
        {
            if (!sharer.IsUserView) await sharer.InvalidateAsync(range, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    public ulong PagesFreshLocked(Extent extent) => pages.FreshLocked(extent);

    public void Unfreeze(List<(Extent Extent, ulong Pages)> frozen) => viewSharer.Unfreeze(frozen);

    public void FreezeForWrite(List<(Extent Extent, ulong Pages)> parts, List<(Extent Extent, ulong Pages)> frozen) =>
        viewSharer.FreezeForWrite(parts, frozen);

    public void UnfreezeWritten(ByteRange run, List<(Extent Extent, ulong Pages)> frozen) =>
        viewSharer.UnfreezeWritten(run, frozen);

    public (ulong Pages, ulong Frozen) UnmapForEviction(Extent extent, ulong going) =>
        viewSharer.UnmapForEviction(extent, going);

    public ulong StillUnmappedLocked(Extent extent, ulong going, ulong frozen) =>
        viewSharer.StillUnmappedLocked(extent, going, frozen);

    public void ClaimDroppedLocked(Extent extent, ulong dropped, List<(Extent Extent, ulong Pages)> claimed) =>
        pages.ClaimDroppedLocked(extent, dropped, claimed);

    public void GiveBack(List<(Extent Extent, ulong Pages)> claimed) => pages.GiveBack(claimed);

    public void Punch(Section section, ByteRange range) => pages.Punch(section, range);

    public void UnmappedLocked(Extent extent, ulong gone) => pages.UnmapWritablyLocked(extent, gone);

    public Exception? Publish(Extent extent, PageLoad load, StagingBlock staging, Exception? failure) =>
        pages.Publish(extent, load, staging, failure);

    public void PublishOverwritten(Extent extent, PageLoad claim, StagingBlock staging, long end) =>
        pages.Overwrite(extent, claim, staging, end);

    public void WakeLocked(Extent extent, ulong answerable)
    {
        foreach (var run in PageRuns.Of(extent.Index, answerable))
        {
            foreach (var view in views.Mappings) view.Wake(run);
        }
    }

    private bool IsShown(ByteRange range) =>
        Array.Exists(Volatile.Read(ref _all), sharer => sharer.IsUserView && sharer.Shows(range));

    /// <summary>
    /// Whether a sharer is left alone because the caller promised that there are no views. A view that can write
    /// is never skipped: a broken promise must not lose data.
    /// </summary>
    private bool Skips(ISharer sharer, ByteRange range, CoherencyOptions options)
    {
        if (!options.HasFlag(CoherencyOptions.ViewsNotSeen) || !sharer.IsUserView) return false;
        if (!sharer.CanWrite(range)) return true;
        file.CountBrokenPromise();
        return false;
    }
}
