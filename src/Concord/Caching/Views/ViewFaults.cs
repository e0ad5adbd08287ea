using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Supplies pages to threads that wait for them inside a view. It takes no hold. An absent page is claimed
/// (<see cref="Extent.Faulting"/>), with neighbours, read into a <see cref="StagingBlock"/>, and made to appear
/// complete and armed (<see cref="ViewPages"/>). If a purge came between, it does not appear, and the thread faults
/// again. A resident page is mapped. A page that another call is working on is left alone: the end of that work wakes
/// the thread, which then faults again. A page that cannot be loaded is poisoned (<see cref="ViewPoison"/>).
/// </summary>
internal sealed class ViewFaults(
    FileState file, Evictor evictor, CacheViews cache, ViewPages pages, ViewPoison poison,
        ViewSharer sharer) : IFaultOwner
{
    /// <summary>Pages around a single miss: as many as the kernel maps around a fault of a file.</summary>
    private const int RunPages = 16;

    /// <summary>
    /// Extents made ahead of a miss, so that the next ones are not made by the slow workers one by one.
    /// </summary>
    private const int ExtentsAhead = 4;

    public bool TryAnswer(
        ViewMapping view, long offset, bool isProtected, FaultWorker worker, out Exception? error) =>
        TryAnswer(view, offset, isProtected, worker, isForced: false, out error);

    public void AnswerSlowly(ViewMapping view, long offset, bool isProtected, FaultWorker worker, Exception? error)
    {
        try
        {
            error ??= Answer(view, offset, isProtected, worker);
            if (error is not null) poison.Set(offset, error);
        }
        catch (Exception failure)
        {
            poison.Set(offset, failure);
        }
    }

    private bool TryAnswer(
        ViewMapping view, long offset, bool isProtected, FaultWorker worker, bool isForced, out Exception? error)
    {
        error = null;
        if (file.Extents.Find(PageGeometry.ExtentOf(offset)) is not { } extent) return false;
        ulong page = PageGeometry.PagesOf(extent.Index, new ByteRange(offset, 1)), claim;
        long epoch;
        lock (extent)
        {
            if (extent.IsRetired || !extent.IsEnlisted) return false;

            // Another call is working on the page, or is making the file longer: its end wakes the thread.
            if ((page & extent.Answerable & ~file.PagesBehindGrowth(extent.Index)) == 0)
            {
                extent.AwaitLocked(page);
                return true;
            }

            // The page is resident: map it.
            if ((page & extent.Resident) != 0)
            {
                return TryAnswerResidentLocked(view, extent, page, isProtected, isForced);
            }

            // The page is absent: claim it with neighbours, read them, and make them appear.
            if (!worker.MayRead(file.Store.Traits.IsImmediate)) return false;
            claim = ClaimLocked(view, extent, page);
            if (claim == PageMask.None) return false;
            try
            {
                epoch = extent.BeginFaultLocked(claim);
                evictor.Enlist(file, extent);
            }
            catch (OutOfMemoryException none)
            {
                file.ReleaseBacked(PageMask.Count(claim));
                error = new IOException($"there is no memory for {file.Store.Label}: {none.Message}", none);
                return false;
            }
        }

        error = Fill(extent, claim, worker.Staging);
        return Publish(view, extent, page, claim, epoch, worker.Staging, isForced, ref error);
    }

    /// <summary>Makes the claimed pages appear, unless a purge came between, and wakes the thread.</summary>
    private bool Publish(
        ViewMapping view, Extent extent, ulong page, ulong claim, long epoch, StagingBlock staging, bool isForced,
            ref Exception? error)
    {
        bool isAnswered;
        lock (extent)
        {
            // A view for reading gets the pages at its own address, and that wakes its threads.
            var asking = view.Access == ViewAccess.Read && (extent.Frozen & claim) == PageMask.None ? view : null;
            ulong installed = error is null && epoch == extent.Epoch
                ? pages.InstallLocked(extent, claim, staging, out error, asking)
                : PageMask.None;
            file.ReleaseBacked(extent.EndFaultLocked(claim, installed, file.Scheduler));

            // Map the page for a tracked view; without the page, wake the thread, which faults again.
            if ((installed & page) != 0)
            {
                error = null;
                isAnswered = asking is not null
                    ? NoteUseLocked(extent, page)
                    : TryAnswerResidentLocked(view, extent, page, isProtected: false, isForced);
            }
            else
            {
                isAnswered = error is null;
                if (isAnswered) view.Wake(PageGeometry.BytesOf(extent.Index, page));
            }
        }

        return isAnswered;
    }

    /// <summary>
    /// Answers a fault of a resident page: maps it with its neighbours, lets it be written, or only wakes the thread.
    /// </summary>
    private bool TryAnswerResidentLocked(ViewMapping view, Extent extent, ulong page, bool isProtected, bool isForced)
    {
        // The page was frozen while it was read: it must not be mapped, and the thaw wakes the thread.
        if ((page & extent.Answerable) == 0)
        {
            extent.AwaitLocked(page);
            return true;
        }

        NoteUseLocked(extent, page);

        // A view open for writing: map the page and those that follow, as the limit of unseen writes allows.
        if (view.IsTracked && view.IsAsync)
        {
            ulong run = PageMask.FirstRun(extent.Resident & ~(page - 1));
            return pages.TryMapWritablyLocked(
                extent, view, page, (run & page) != 0 ? run : page, isForced, isAll: false);
        }

        // Otherwise the system maps the page itself when the thread is woken.
        var bytes = PageGeometry.BytesOf(extent.Index, page);
        if (!isProtected)
        {
            view.Wake(bytes);
            return true;
        }

        // Synchronous form, write to a protected page: count it as dirty before the thread may write.
        if (file.Cache.IsOverDirtyLimit && !isForced) return false;
        if (extent.MapWritablyLocked(page) != PageMask.None) cache.CountWritablyMapped(1);
        extent.MarkDirty(page);
        file.Sizes.ViewWroteUpTo(bytes.End);
        view.Unprotect(bytes);
        return true;
    }

    private bool NoteUseLocked(Extent extent, ulong page)
    {
        extent.NoteUse(page);
        file.Cache.Recent.Add(extent, page);
        return true;
    }

    /// <summary>
    /// Claims the page and absent neighbours, or the page alone if there is no room for more; returns none if there is
    /// no room at all.
    /// </summary>
    private ulong ClaimLocked(ViewMapping view, Extent extent, ulong page)
    {
        ulong free = WindowOf(view, extent, page) & ~extent.Resident & extent.Answerable;
        ulong run = free & ~(page - 1);
        run = PageMask.FirstRun(run);
        for (ulong below = page >> 1; below != 0 && (free & below) != 0; below >>= 1) run |= below;
        if (!file.TryReserve(PageMask.Count(run)))
        {
            run = page;
            if (!file.TryReserve(1)) return PageMask.None;
        }

        view.LastRun = PageMask.Count(run);
        view.NextOffset = PageGeometry.BytesOf(extent.Index, run).End;
        return run;
    }

    /// <summary>
    /// The pages that one miss may load, within the view and the file: more of them while misses follow each other.
    /// </summary>
    private ulong WindowOf(ViewMapping view, Extent extent, ulong page)
    {
        int first = PageMask.First(page);
        bool follows = PageGeometry.BytesOf(extent.Index, page).Offset == view.NextOffset;
        int count = view.Advice switch
        {
            ViewAdvice.Random => 1,
            ViewAdvice.Sequential => PageGeometry.PagesPerExtent,
            _ => follows ? Math.Max(view.LastRun * 2, RunPages) : RunPages,
        };
        count = Math.Clamp(count, 1, file.Cache.PiecePagesMax);
        if (!follows && view.Advice == ViewAdvice.Normal) first &= -RunPages;
        ulong window = PageMask.Of(first, Math.Min(count, PageGeometry.PagesPerExtent - first));
        var whole = new ByteRange(0, file.Sizes.Length).RoundOut(PageGeometry.PageBytes);
        return page | (window & PageGeometry.PagesOf(extent.Index, view.Range.Intersect(whole)));
    }

    /// <summary>
    /// Reads claimed pages from the store. Bytes behind the valid length, and behind the end of the file, are zeros.
    /// </summary>
    private Exception? Fill(Extent extent, ulong claim, StagingBlock staging)
    {
        try
        {
            SyncCompletion.Wait(PageFill.FromStoreAsync(
                file, PageGeometry.BytesOf(
                    extent.Index, claim).Offset, staging.MemoryOf(claim), CallMode.Blocking, CancellationToken.None));
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    /// <summary>Makes extents, room and clean pages, and tries again until the fault is answered.</summary>
    /// <returns>Null, or why the page cannot be supplied.</returns>
    private Exception? Answer(ViewMapping view, long offset, bool isProtected, FaultWorker worker)
    {
        for (bool isForced = false; ; isForced = true)
        {
            // Make the extents, and try to answer.
            Prepare(offset);
            if (TryAnswer(view, offset, isProtected, worker, isForced, out var error)) return null;
            if (error is not null) return error;

            // Lower the number of pages that views may write unseen, clean, and make
            // room; then try whatever the limits.
            sharer.ShrinkWritablyMapped();
            Clean();
            if (file.TryReserve(1)) file.ReleaseBacked(1);
            else SyncCompletion.Wait(evictor.MakeRoomAsync(file, 1, CallMode.Blocking, CancellationToken.None));
        }
    }

    private void Prepare(long offset)
    {
        long index = PageGeometry.ExtentOf(offset);
        long last = PageGeometry.ExtentOf(Math.Max(file.Sizes.Length - 1, offset));
        for (long next = index; next <= Math.Min(last, index + ExtentsAhead - 1); next++)
        {
            var extent = file.EnsureExtent(next);
            lock (extent)
            {
                if (!extent.IsRetired) evictor.Enlist(file, extent);
            }
        }
    }

    /// <summary>
    /// At the dirty limit a writing thread waits for a write-back. If that fails, the next flush reports it, and the
    /// thread goes on.
    /// </summary>
    private void Clean()
    {
        if (!file.Cache.IsOverDirtyLimit) return;
        try
        {
            SyncCompletion.Wait(evictor.CleanAsync(file, CallMode.Blocking, CancellationToken.None));
        }
        catch (IOException)
        {
            // The file whose write-back failed reports it.
            return;
        }
    }
}
