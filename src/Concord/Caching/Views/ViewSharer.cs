using System.Runtime.InteropServices;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The user views of a file as a sharer. To invalidate, it freezes the pages, takes them out of writable views,
/// collects what was written until then, and writes that back while the pages are frozen. The other views only lose the
/// pages. The operation then drops and punches the pages, and only after that may threads map them again.
/// </summary>
internal sealed class ViewSharer(
    FileState file, CacheViews cache, ViewList views, ViewPages viewPages, ViewPoison poison) : ISharer
{
    private readonly FileWriteBack _writeBack = new(file);

    public bool IsUserView => true;

    public bool CanWrite(ByteRange range) => views.CanWrite(range);

    /// <summary>Whether a view has translations of pages of a range.</summary>
    public bool Shows(ByteRange range)
    {
        if (!views.Meets(range)) return false;
        return file.Extents.Any(
            range, viewPages, static (extent, pages, viewPages) => viewPages.InUseLocked(extent, pages));
    }

    public async ValueTask CollectWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var shown = views.TrackedAround(range);
        var run = new List<Extent>(ViewPages.CollectedTogetherMax);
        for (long from = shown.Offset; from < shown.End;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            from = FindRun(ByteRange.FromBounds(from, shown.End), run);
            viewPages.Collect(CollectionsMarshal.AsSpan(run));
            run.Clear();

            // The collected pages count as dirty: keep the limit, and write some back before more are collected.
            if (file.Cache.IsOverDirtyLimit) await WriteSomeAsync(mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The first extents of a range that follow each other, as many as are collected together.</summary>
    /// <returns>Where to go on.</returns>
    private long FindRun(ByteRange range, List<Extent> run)
    {
        long first = 0;
        for (var extents = file.Extents.In(range).GetEnumerator(); extents.MoveNext();)
        {
            if (!extents.Current.SeemsResident) continue;
            if (run.Count == 0) first = extents.Index;
            bool follows = extents.Index == first + run.Count;
            if (!follows || run.Count == ViewPages.CollectedTogetherMax) return PageGeometry.StartOf(extents.Index);
            run.Add(extents.Current);
        }

        return range.End;
    }

    public async ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var frozen = new List<(Extent Extent, ulong Pages)>();
        try
        {
            return await InvalidateAsync(range, frozen, mode, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Unfreeze(frozen);
        }
    }

    /// <summary>
    /// <see cref="InvalidateAsync(ByteRange, CallMode, CancellationToken)"/> for a caller that then drops the pages,
    /// and after that thaws what is added to <paramref name="frozen"/>. The holder of the file may call this from
    /// several threads.
    /// </summary>
    internal async ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, List<(Extent Extent, ulong Pages)> frozen, CallMode mode, CancellationToken cancellationToken)
    {
        if (!views.Meets(range)) return [];
        views.CountTrim();
        poison.Clear(range);
        var locked = new List<LeftRange>();
        if (views.CanWrite(range))
        {
            // Writable views: freeze the pages, take them out, collect what was written, write that back.
            await FreezeAsync(range, frozen, mode).ConfigureAwait(false);
            bool areZapped = viewPages.TryZapTracked(frozen);
            foreach (var (extent, pages) in frozen)
            {
                Report(extent, viewPages.UnmapAndCollect(extent, pages, areZapped), locked);
            }
            await WriteBackFrozenAsync(range, frozen, mode, cancellationToken).ConfigureAwait(false);
        }

        // The other views only lose their translations.
        foreach (var view in views.Mappings)
        {
            // Remove them in one step, since each step interrupts other processors; page by page
            // where some are locked in memory.
            if (view.IsTracked || view.Zap(range.RoundOut(PageGeometry.PageBytes))) continue;
            foreach (var extent in file.Extents.In(view.Range.Intersect(range)))
            {
                ulong pages;
                lock (extent) pages = extent.Resident & PageGeometry.PagesOf(extent.Index, range);
                Report(extent, ViewPages.ZapPages(view, extent, pages), locked);
            }
        }

        return locked;
    }

    /// <summary>
    /// Takes the pages of a run out of writable views, so that the store can read their memory without a copy: a thread
    /// that touches one waits for <see cref="UnfreezeWritten"/>. What views wrote before is in the pages and makes them
    /// dirty once more. Leaves out extents that another call has frozen, or with pages locked in memory.
    /// </summary>
    internal void FreezeForWrite(List<(Extent Extent, ulong Pages)> parts, List<(Extent Extent, ulong Pages)> still)
    {
        if (views.Mappings.Length == 0) return;

        // Freeze the pages that writable views show.
        foreach (var (extent, pages) in parts)
        {
            ulong tracked = pages & views.Tracked(extent.Index);
            lock (extent)
            {
                if (tracked == PageMask.None || (extent.Frozen & tracked) != PageMask.None) continue;
                extent.FreezeLocked(tracked);
                still.Add((extent, tracked));
            }
        }

        // Take them out of the views; thaw those that cannot be taken out.
        bool areZapped = viewPages.TryZapTracked(still);
        for (int i = still.Count - 1; i >= 0; i--)
        {
            var (extent, pages) = still[i];
            if (viewPages.UnmapAndCollect(extent, pages, areZapped) == PageMask.None) continue;
            still.RemoveAt(i);
            lock (extent) extent.ThawLocked(pages, file.Scheduler);
        }
    }

    /// <summary>
    /// Ends the freeze after a run was written: threads may map its pages again. Drops the translations of the
    /// section's own mapping, which the cache will hardly use.
    /// </summary>
    internal void UnfreezeWritten(ByteRange run, List<(Extent Extent, ulong Pages)> still)
    {
        if (still.Count == 0) return;
        Unfreeze(still);
        ((SharedSection)file.Section).ForgetTranslations(run);
    }

    /// <summary>Ends the freeze: threads may map these pages again.</summary>
    internal void Unfreeze(List<(Extent Extent, ulong Pages)> frozen)
    {
        foreach (var (extent, pages) in frozen)
        {
            lock (extent) extent.ThawLocked(pages, file.Scheduler);
        }

        frozen.Clear();
    }

    /// <summary>
    /// Takes pages out of the views for an eviction, so that views cannot write them and what they wrote is known.
    /// </summary>
    /// <returns>The pages that may go if they are clean, and those to thaw after that.</returns>
    internal (ulong Pages, ulong Frozen) UnmapForEviction(Extent extent, ulong pages)
    {
        if (views.Mappings.Length == 0 || pages == PageMask.None) return (pages, PageMask.None);

        // Writable views: freeze the pages and collect; an extent that another call has frozen stays this time.
        ulong tracked = pages & views.Tracked(extent.Index);
        ulong locked = PageMask.None;
        if (tracked != PageMask.None)
        {
            lock (extent)
            {
                if (extent.Frozen != PageMask.None) return (PageMask.None, PageMask.None);
                extent.FreezeLocked(tracked);
            }

            locked = UnmapFrozen(viewPages, extent, tracked, thaws: false);
        }

        foreach (var view in views.Mappings)
        {
            if (!view.IsTracked) locked |= ViewPages.ZapPages(view, extent, pages);
        }

        return (pages & ~locked, tracked);
    }

    /// <summary>
    /// Takes pages that the caller froze out of writable views; thaws them if that fails.
    /// </summary>
    /// <returns>The pages that are locked in memory.</returns>
    private static ulong UnmapFrozen(ViewPages pages, Extent extent, ulong frozen, bool thaws)
    {
        bool isDone = false;
        try
        {
            ulong locked = pages.UnmapAndCollect(extent, frozen);
            isDone = true;
            return locked;
        }
        finally
        {
            if (thaws || !isDone)
            {
                lock (extent) extent.ThawLocked(frozen, pages.File.Scheduler);
            }
        }
    }

    /// <summary>
    /// Which pages that <see cref="UnmapForEviction"/> returned may still go: not those of a writable view that was
    /// mapped since, which may have been written.
    /// </summary>
    internal ulong StillUnmappedLocked(Extent extent, ulong pages, ulong frozen) =>
        pages & ~(views.Tracked(extent.Index) & ~frozen);

    /// <summary>
    /// Takes pages out of views until they can write at most half of the limit unseen.
    /// </summary>
    internal void ShrinkWritablyMapped()
    {
        foreach (var other in cache.Shown)
        {
            foreach (var extent in other.File.Extents.All)
            {
                if (cache.WritablyMappedPages <= cache.WritablyMappedPagesMax / 2) return;
                ulong mapped;
                lock (extent)
                {
                    mapped = file.Cache.Recent.Spare(extent, extent.WritablyMapped);
                    if (mapped == PageMask.None || extent.Frozen != PageMask.None || extent.IsRetired) continue;
                    extent.FreezeLocked(mapped);
                }

                _ = UnmapFrozen(other, extent, mapped, thaws: true);
            }
        }
    }

    /// <summary>Freezes every page of a range that writable views show, before writes are collected.</summary>
    private async ValueTask FreezeAsync(ByteRange range, List<(Extent Extent, ulong Pages)> frozen, CallMode mode)
    {
        foreach (var extent in file.Extents.In(range))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, range) & views.Tracked(extent.Index);
            if (pages == PageMask.None) continue;

            // Wait where an eviction, or another thread of the file's holder, has frozen it: neither waits for this
            // call, but the latter may wait for the store.
            await extent.WhenIdleAsync(
                (Pages: pages, Frozen: frozen),
                static (busy, asked) => busy.IsRetired ? PageMask.None : busy.Frozen & asked.Pages,
                static (idle, asked) =>
                {
                    if (idle.IsRetired) return;
                    idle.FreezeLocked(asked.Pages);
                    asked.Frozen.Add((idle, asked.Pages));
                },
                file.StoreWait,
                mode).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Writes back what was written since the flush, while no view can write it again, so that the pages can be
    /// dropped. If that fails the pages stay dirty, and the operation's next flush reports it.
    /// </summary>
    private async ValueTask WriteBackFrozenAsync(
        ByteRange range, List<(Extent Extent, ulong Pages)> frozen, CallMode mode, CancellationToken cancellationToken)
    {
        if (!frozen.Exists(static part => (part.Extent.Dirty & part.Pages) != PageMask.None)) return;
        await _writeBack.WriteAsync(range, mode, cancellationToken).ConfigureAwait(false);
        await _writeBack.WaitForWritesInFlightAsync(range, mode).ConfigureAwait(false);
        try
        {
            await file.Ledger.MakeDurableAsync(file.Ledger.Accepted, mode).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The ledger logs the error, and the pages are dirty again.
            return;
        }
    }

    private async ValueTask WriteSomeAsync(CallMode mode, CancellationToken cancellationToken) =>
        await _writeBack.WriteAsync(
            new ByteRange(0, long.MaxValue), mode, cancellationToken, FileWriteBack.RunPagesMax,
                flushes: false).ConfigureAwait(false);

    private void Report(Extent extent, ulong pages, List<LeftRange> locked)
    {
        foreach (var run in PageRuns.Of(extent.Index, pages))
        {
            var bytes = run.Intersect(new ByteRange(0, file.Sizes.Length));
            locked.Add(new LeftRange(bytes, LeftReason.Lock,
                "a view of this process whose pages are locked in memory (mlock); munlock frees them"));
        }
    }
}
