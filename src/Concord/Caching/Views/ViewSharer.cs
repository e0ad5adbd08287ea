using System.Runtime.InteropServices;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The user views of a file as a sharer. To invalidate, it freezes the pages in the views open for writing, takes them
/// out of those, finds what was written until then, and writes that back while the pages are frozen. The other views
/// only lose the pages. The operation then drops and punches the pages, and only after that may threads map them again.
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

            // The writes just found count as dirty. Keep the limit: write some back before more are found.
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
    /// <see cref="InvalidateAsync(ByteRange, CallMode, CancellationToken)"/> for who drops the pages then, and thaws
    /// after that what is added to <paramref name="frozen"/>. Who has the file may do this from several threads.
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
            // Views open for writing: freeze, take the pages out, find what was written, write that back.
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
            // In one step, unless pages of it are locked in memory: each step interrupts other processors.
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
    /// Takes the pages of a run out of the views open for writing, so that the store can be given their memory itself:
    /// whoever touches one waits until they are let go (<see cref="UnfreezeWritten"/>). What was written last is in
    /// them and counts as dirty once more. Extents that somebody else has frozen, or with pages locked in memory, are
    /// left out.
    /// </summary>
    internal void FreezeForWrite(List<(Extent Extent, ulong Pages)> parts, List<(Extent Extent, ulong Pages)> still)
    {
        if (views.Mappings.Length == 0) return;
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
    /// A run that was held still has been written: threads may map its pages again, and the cache itself will hardly.
    /// </summary>
    internal void UnfreezeWritten(ByteRange run, List<(Extent Extent, ulong Pages)> still)
    {
        if (still.Count == 0) return;
        Unfreeze(still);
        ((SharedSection)file.Section).ForgetTranslations(run);
    }

    /// <summary>The pages that could be dropped are gone: threads may map these pages again.</summary>
    internal void Unfreeze(List<(Extent Extent, ulong Pages)> frozen)
    {
        foreach (var (extent, pages) in frozen)
        {
            lock (extent) extent.ThawLocked(pages, file.Scheduler);
        }

        frozen.Clear();
    }

    /// <summary>
    /// Makes sure, for an eviction, that views do not write pages any more and that what they wrote is known.
    /// </summary>
    /// <returns>The pages that may go if they are clean, and those that are to be thawed after that.</returns>
    internal (ulong Pages, ulong Frozen) UnmapForEviction(Extent extent, ulong pages)
    {
        if (views.Mappings.Length == 0 || pages == PageMask.None) return (pages, PageMask.None);
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
    /// Takes pages that the caller froze out of the views open for writing; they are thawed if that fails.
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
    /// What may still go of the pages that <see cref="UnmapForEviction"/> found: not what a view open for writing shows
    /// that was mapped since, and may have written.
    /// </summary>
    internal ulong StillUnmappedLocked(Extent extent, ulong pages, ulong frozen) =>
        pages & ~(views.Tracked(extent.Index) & ~frozen);

    /// <summary>
    /// Takes pages out of views until those can write less unseen than half of what the limit allows.
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

    /// <summary>Every page of a range, in every extent there is, before the first is looked at.</summary>
    private async ValueTask FreezeAsync(ByteRange range, List<(Extent Extent, ulong Pages)> frozen, CallMode mode)
    {
        foreach (var extent in file.Extents.In(range))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, range) & views.Tracked(extent.Index);
            if (pages == PageMask.None) continue;

            // Frozen by an eviction, or by another thread of who has the file; both go on without this one.
            await extent.WhenIdleAsync(
                (Pages: pages, Frozen: frozen),
                static (busy, asked) => busy.IsRetired ? PageMask.None : busy.Frozen & asked.Pages,
                static (idle, asked) =>
                {
                    if (idle.IsRetired) return;
                    idle.FreezeLocked(asked.Pages);
                    asked.Frozen.Add((idle, asked.Pages));
                },
                mode).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// What was written since the flush goes to the store while nobody can write it again, so that it can be dropped.
    /// If that fails the pages stay dirty, and the operation's next flush says so.
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
            // The ledger tells it, and the pages are dirty again.
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
