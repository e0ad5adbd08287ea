using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

// Collects the writes that native code made through views: each query protects the pages again, and written pages
// become dirty. Around a purge there are two queries, before and after the pages leave the views.
internal sealed partial class ViewPages
{
    /// <summary>
    /// The most extents whose writes one query collects: 32 MiB, which takes some ten microseconds, in which their
    /// faults wait.
    /// </summary>
    internal const int CollectedTogetherMax = 128;

    /// <summary>
    /// Finds which pages of an extent views have written since the last query, protects them again and marks them
    /// dirty; later writes are found by the next query. Always queries the whole extent, since protecting a page clears
    /// its mark.
    /// </summary>
    internal void CollectLocked(Extent extent)
    {
        ulong pages = extent.Resident;
        if (pages == PageMask.None) return;
        ulong written = PageMask.None;
        try
        {
            foreach (var view in views.Mappings)
            {
                if (!view.IsTracked || !view.IsArmed) continue;
                if (view.IsAsync)
                    written |= view.TakeWritten(extent.Index, pages & PageGeometry.PagesOf(extent.Index, view.Range));
                else written |= ProtectWritablyMappedLocked(view, extent);
            }

            if (views.Mappings is [{ IsAsync: false }, ..]) UnmapWritablyLocked(extent, PageMask.All);
        }
        finally
        {
            // Note them also when the query of a later view fails: the first query cleared the marks of its pages.
            NoteWrittenLocked(extent, written);
        }
    }

    /// <summary>
    /// The same for extents that follow each other, with one query for all of them. The only place that takes the locks
    /// of several extents: in ascending order, with nothing else taken inside.
    /// </summary>
    internal void Collect(ReadOnlySpan<Extent> run)
    {
        int held = 0;
        bool asksOnce = run.Length > 1 && cache.Faults.Faults.IsAsync;
        try
        {
            for (; held < run.Length; held++)
            {
                Monitor.Enter(run[held]);

                // A new extent, whose lock is not held, may have replaced a retired one: no common query then.
                asksOnce &= !run[held].IsRetired;
            }

            if (asksOnce)
            {
                CollectRunLocked(run);
                return;
            }

            foreach (var extent in run) CollectLocked(extent);
        }
        finally
        {
            while (held > 0) Monitor.Exit(run[--held]);
        }
    }

    private void CollectRunLocked(ReadOnlySpan<Extent> run)
    {
        Span<ulong> written = stackalloc ulong[CollectedTogetherMax];
        written = written[..run.Length];
        written.Clear();
        try
        {
            foreach (var view in views.Mappings)
            {
                if (view.IsTracked && view.IsArmed) view.TakeWritten(run[0].Index, written);
            }
        }
        finally
        {
            // Most extents have nothing written, and are skipped. Note writes also when a later query fails.
            for (int i = 0; i < run.Length; i++)
            {
                if (written[i] != PageMask.None) NoteWrittenLocked(run[i], written[i]);
            }
        }
    }

    private void NoteWrittenLocked(Extent extent, ulong written)
    {
        written &= extent.Resident;
        if (written == PageMask.None) return;
        extent.MarkDirty(written);
        extent.NoteUse(written);
        file.Sizes.ViewWroteUpTo(PageGeometry.BytesOf(extent.Index, PageMask.LastRun(written)).End);
    }

    /// <summary>
    /// Takes pages out of writable views, so that every earlier write is known and no later one can happen.
    /// </summary>
    /// <param name="extent">The extent; its pages are frozen by the caller.</param>
    /// <param name="pages">The frozen pages.</param>
    /// <param name="areZapped">
    /// Whether the views have lost their translations already: see
    /// <see cref="TryZapTracked(List{ValueTuple{Extent, ulong}})"/>.
    /// </param>
    /// <returns>The pages that could not be taken out: they are locked in memory.</returns>
    internal ulong UnmapAndCollect(Extent extent, ulong pages, bool areZapped = false)
    {
        // The synchronous form collects before the pages leave the views, the asynchronous form after.
        bool isAsync = cache.Faults.Faults.IsAsync;
        if (!isAsync) CollectAgain(extent);
        ulong locked = PageMask.None;
        foreach (var view in views.Mappings)
        {
            if (view.IsTracked && !areZapped) locked |= ZapPages(view, extent, pages);
        }

        if (isAsync) CollectAgain(extent);
        lock (extent) UnmapWritablyLocked(extent, pages & ~locked);
        return locked;
    }

    /// <summary>
    /// Takes the translations of frozen pages out of writable views, in runs as long as possible: every step interrupts
    /// the processors that run threads of this process. Writes not collected yet still show. Pages that are not frozen
    /// are left alone: they could be mapped again, and their marks lost.
    /// </summary>
    /// <returns>
    /// Whether all translations are gone; if not, some pages are locked in memory, and each extent is handled on its
    /// own.
    /// </returns>
    internal bool TryZapTracked(List<(Extent Extent, ulong Pages)> frozen)
    {
        if (!cache.Faults.Faults.IsAsync) return false;
        foreach (var run in PageRuns.Join(frozen))
        {
            foreach (var view in views.Mappings)
            {
                if (view.IsTracked && !view.Zap(run)) return false;
            }
        }

        return true;
    }

    /// <summary>The second query, after the translations are gone: a page whose mark is missing was written.</summary>
    internal void CollectAgain(Extent extent)
    {
        if (file.Scheduler.InjectsFault(InjectedFault.ViewsComparedOnce)) return;
        lock (extent) CollectLocked(extent);
    }

    private static ulong ProtectWritablyMappedLocked(ViewMapping view, Extent extent)
    {
        ulong pages = extent.WritablyMapped & PageGeometry.PagesOf(extent.Index, view.Range);
        foreach (var run in PageRuns.Of(extent.Index, pages)) view.Arm(run);
        return pages;
    }
}
