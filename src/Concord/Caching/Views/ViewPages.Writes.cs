using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

// How writes that native code made through views are found: each look protects the pages again and marks dirty what was
// written. Around a purge there are two looks, before and after the pages leave the views.
internal sealed partial class ViewPages
{
    /// <summary>
    /// Extents whose writes one question finds: 32 MiB, which takes some ten microseconds, in which faults of them
    /// wait.
    /// </summary>
    internal const int CollectedTogetherMax = 128;

    /// <summary>
    /// Finds which pages of an extent views have written since the last time, protects them again and marks them dirty:
    /// what is written later is found the next time. Always the whole extent, since protecting forgets.
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
            // Also when a later view cannot be asked: what an earlier one said is said once.
            NoteWrittenLocked(extent, written);
        }
    }

    /// <summary>
    /// The same for extents that follow each other, with one question for all of them. The only place that takes the
    /// locks of several extents: in ascending order, with nothing else taken inside.
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

                // In the place of a retired extent there may be another by now, whose lock is not held: it must not be
                // asked about.
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
            // Most extents have nothing written, and are not looked into. Also when a later question fails.
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
        extent.WasUsed = true;
        file.Sizes.ViewWroteUpTo(PageGeometry.BytesOf(extent.Index, PageMask.LastRun(written)).End);
    }

    /// <summary>
    /// Takes pages out of the views open for writing, so that each write before it is known and none comes after.
    /// </summary>
    /// <param name="extent">The extent; its pages are frozen by the caller.</param>
    /// <param name="pages">The frozen pages.</param>
    /// <param name="areZapped">
    /// Whether the views have no translations of them any more: see <see cref="TryZapTracked(List{ValueTuple{Extent,
    /// ulong}})"/>.
    /// </param>
    /// <returns>The pages that could not be taken out: they are locked in memory.</returns>
    internal ulong UnmapAndCollect(Extent extent, ulong pages, bool areZapped = false)
    {
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
    /// Takes the translations of frozen pages out of the views open for writing, in steps as long as the pages follow
    /// each other: every step interrupts the processors that run threads of this process. What was written and not
    /// found yet still shows. Pages that nobody froze are left alone: they could be mapped anew, and their marks
    /// forgotten.
    /// </summary>
    /// <returns>
    /// Whether that was possible; if not, some pages are locked in memory, and each extent is asked on its own.
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

    /// <summary>The second look, after the translations went: a page whose mark is gone was written.</summary>
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
