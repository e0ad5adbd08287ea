using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Operations on pages that views show: pages appear in one step and armed, writes are collected, and dropped pages are
/// punched. <i>Armed</i>: protected, so that a write through a view is noticed. Whatever ends in <c>Locked</c> needs
/// the extent's lock.
/// </summary>
internal sealed partial class ViewPages(FileState file, CacheViews cache, ViewList views, ViewPoison poison)
{
    private const int NumberExists = 17;

    /// <summary>The file.</summary>
    internal FileState File => file;

    /// <summary>Makes claimed pages appear, complete, and armed in every view beforehand.</summary>
    /// <param name="extent">The extent.</param>
    /// <param name="pages">The claimed pages.</param>
    /// <param name="staging">Their bytes.</param>
    /// <param name="error">If not all appeared, why.</param>
    /// <param name="asking">
    /// A view for reading that maps them, and whose threads are woken; none if null.
    /// </param>
    /// <returns>The pages that appeared.</returns>
    internal ulong InstallLocked(Extent extent, ulong pages, StagingBlock staging, out Exception? error,
        ViewMapping? asking = null)
    {
        error = null;
        ulong installed = PageMask.None;
        foreach (ulong run in PageMask.Runs(pages))
        {
            if (error is not null) break;
            var range = PageGeometry.BytesOf(extent.Index, run);
            try
            {
                // Arm each run in all views, then make it appear.
                poison.Clear(range);
                foreach (var view in views.Mappings) view.Arm(range);
                long done = Install(range, staging.Address + (PageMask.First(run) << PageGeometry.PageShift), asking,
                    out int number);
                installed |= PageMask.Of(PageMask.First(run), (int)(done >> PageGeometry.PageShift));
                if (number != 0) error = new IOException($"there is no memory for {file.Store.Label} (errno {number})");
            }
            catch (Exception failure) when (failure is IOException or OutOfMemoryException)
            {
                // Return the error: the claim has to end, or threads that wait for the page wait for ever.
                error = new IOException($"a page of {file.Store.Label} cannot be shown: {failure.Message}", failure);
            }
        }

        return installed;
    }

    /// <summary>
    /// Ends a load whose bytes are assembled: makes the pages appear, unless the load failed or a purge came between.
    /// </summary>
    /// <returns>Why the load failed, or null.</returns>
    internal Exception? Publish(Extent extent, PageLoad load, StagingBlock staging, Exception? failure)
    {
        lock (extent)
        {
            bool publishes = failure is null
                && (load.Epoch == extent.Epoch || file.Scheduler.InjectsFault(InjectedFault.PublishStaleLoads));
            ulong installed = publishes ? InstallLocked(extent, load.Pages, staging, out failure) : PageMask.None;
            file.ReleaseBacked(extent.EndStagedLoadLocked(load, installed, failure, file.Scheduler));
        }

        return failure;
    }

    /// <summary>Publishes pages that a caller overwrote whole: they appear with the new bytes, and are dirty.</summary>
    /// <param name="extent">The extent.</param>
    /// <param name="claim">The claim of the pages, which ends.</param>
    /// <param name="staging">Their bytes.</param>
    /// <param name="end">Where the caller's bytes end in the file.</param>
    /// <exception cref="IOException">There is no memory; nothing was written.</exception>
    internal void Overwrite(Extent extent, PageLoad claim, StagingBlock staging, long end)
    {
        Exception? failure;
        lock (extent)
        {
            ulong installed = InstallLocked(extent, claim.Pages, staging, out failure);

            // Raise the length before the mark: a write-back in between would cut the pages off. Raise
            // it only if all pages appeared.
            if (failure is null) file.Sizes.WroteUpTo(end);
            if (failure is null) extent.EndOverwriteLocked(claim, file.Scheduler);
            else file.ReleaseBacked(extent.EndStagedLoadLocked(claim, installed, failure, file.Scheduler));
            if (failure is not null) extent.MarkDirty(installed);
        }

        if (failure is not null) throw failure;
    }

    /// <summary>Arms resident pages for a view to which no thread has access yet.</summary>
    internal void ArmLocked(ViewMapping view, Extent extent)
    {
        ulong pages = extent.Resident & PageGeometry.PagesOf(extent.Index, view.Range);
        foreach (var run in PageRuns.Of(extent.Index, pages)) view.Arm(run);
    }

    /// <summary>Maps resident pages in a view, as many as the limit of unseen writes allows.</summary>
    /// <param name="extent">The extent.</param>
    /// <param name="view">The view.</param>
    /// <param name="page">The page asked for.</param>
    /// <param name="wanted">That page and others.</param>
    /// <param name="isForced">Whether the page is mapped whatever the limit.</param>
    /// <param name="isAll">
    /// Whether the other pages must be mapped too; each that is mapped already costs a call.
    /// </param>
    /// <returns>Whether the page asked for was mapped.</returns>
    internal bool TryMapWritablyLocked(Extent extent, ViewMapping view, ulong page, ulong wanted, bool isForced,
        bool isAll)
    {
        ulong run = wanted & extent.Resident & extent.Answerable & PageGeometry.PagesOf(extent.Index, view.Range);
        if (!cache.TryCountWritablyMapped(PageMask.Count(run & ~extent.WritablyMapped)))
        {
            run = page;
            if (!cache.TryCountWritablyMapped(PageMask.Count(run & ~extent.WritablyMapped)))
            {
                if (!isForced) return false;
                cache.CountWritablyMapped(1);
            }
        }

        extent.MapWritablyLocked(run);
        foreach (var bytes in PageRuns.Of(extent.Index, run)) view.Answer(bytes, isAll);
        return true;
    }

    internal void UnmapWritablyLocked(Extent extent, ulong pages) =>
        cache.UncountWritablyMapped(PageMask.Count(extent.UnmapWritablyLocked(pages)));

    /// <summary>Takes pages of an extent out of one view, page by page where some are locked in memory.</summary>
    /// <returns>The pages that are locked.</returns>
    internal static ulong ZapPages(ViewMapping view, Extent extent, ulong pages)
    {
        ulong locked = PageMask.None;
        foreach (ulong run in PageMask.Runs(pages & PageGeometry.PagesOf(extent.Index, view.Range)))
        {
            if (view.Zap(PageGeometry.BytesOf(extent.Index, run))) continue;
            for (ulong rest = run; rest != PageMask.None; rest &= rest - 1)
            {
                ulong page = rest & (0 - rest);
                if (!view.Zap(PageGeometry.BytesOf(extent.Index, page))) locked |= page;
            }
        }

        return locked;
    }

    /// <summary>The pages of an extent that some view has translations for.</summary>
    internal ulong InUseLocked(Extent extent, ulong pages)
    {
        ulong used = PageMask.None;
        foreach (var view in views.Mappings)
            used |= view.FindPresent(extent.Index, pages & PageGeometry.PagesOf(extent.Index, view.Range));
        return used;
    }

    /// <summary>
    /// Pages that a writable view may show and that are not frozen: they were loaded while a purge was under way.
    /// </summary>
    internal ulong FreshLocked(Extent extent) =>
        file.IsStaged ? views.Tracked(extent.Index) & ~extent.Frozen : PageMask.None;

    /// <summary>
    /// Claims the memory of dropped pages, so that it can be punched; claims nothing in a section that is not staged.
    /// </summary>
    internal void ClaimDroppedLocked(Extent extent, ulong pages, List<(Extent Extent, ulong Pages)> claimed)
    {
        if (!file.IsStaged) return;
        ulong dropped = pages & extent.Backed & ~(extent.Resident | extent.Claimed);
        if (dropped == PageMask.None) return;
        extent.BeginGiveBackLocked(dropped);
        claimed.Add((extent, dropped));
    }

    /// <summary>Punches claimed pages out of every mapping, in long runs, and ends the claims.</summary>
    /// <exception cref="IOException">
    /// The system did not take some back: those are resident again, with the bytes they had.
    /// </exception>
    internal void GiveBack(List<(Extent Extent, ulong Pages)> claimed)
    {
        if (claimed.Count == 0) return;
        var refused = new List<ByteRange>();
        try
        {
            // Punch in runs as long as possible.
            foreach (var run in PageRuns.Join(claimed, file.Section.IsContiguous))
            {
                if (!file.Sharers.TryPunch(file.Section, run)) refused.Add(run);
            }
        }
        finally
        {
            // End every claim; pages whose memory the system did not take are resident again.
            foreach (var (extent, pages) in claimed)
            {
                ulong kept = PageMask.None;
                foreach (var run in refused) kept |= pages & PageGeometry.PagesOf(extent.Index, run);
                lock (extent)
                {
                    UnmapWritablyLocked(extent, pages & ~kept);
                    extent.EndGiveBackLocked(pages, kept, file.IsStaged, file.Scheduler);
                    file.ReleaseBacked(PageMask.Count(pages & ~kept));
                }
            }
        }

        if (refused.Count > 0)
            throw new IOException(
                $"the system does not take memory of {file.Store.Label} back: {refused[0]} stays in the cache");
    }

    /// <summary>Gives memory back. Views lose it first, so that punching interrupts no other processor.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    internal void Punch(Section section, ByteRange range)
    {
        foreach (var view in views.Mappings)
        {
            if (view.Access != ViewAccess.CopyOnWrite) _ = view.Zap(range);
        }

        section.GiveBack(range);
    }

    private long Install(ByteRange range, nint source, ViewMapping? asking, out int number)
    {
        var section = (SharedSection)file.Section;
        var faults = cache.Faults.Faults;
        long done = 0;
        var direct = asking;
        while (true)
        {
            var rest = ByteRange.FromBounds(range.Offset + done, range.End);
            var (more, error) = direct?.TryInstall(rest, source + (nint)done)
                ?? section.Install(faults, rest, source + (nint)done);
            done += more;
            number = error;
            if (direct is not null && error is not (0 or NumberExists))
            {
                // The system refuses a run over two mappings, which a lock of a part makes of one. Go
                // on at the section's own address.
                direct = null;
                continue;
            }

            // A page is present that no mask accounts for: give it back, and go on.
            if (number != NumberExists) break;
            file.CountOrphans(1);
            Punch(section, new ByteRange(range.Offset + done, PageGeometry.PageBytes));
        }

        if (direct is null) asking?.Wake(range);
        return done;
    }
}
