using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Takes and ends leases: pages are loaded and held, extent by extent, in ascending order. A lease that overwrites
/// claims absent pages instead, which no other call sees before it ends.
/// </summary>
internal sealed partial class Leasing(FileState file, Evictor evictor, Loader loader, EntryGates gates) : ILeaseOwner
{
    /// <summary>
    /// Cleans the file first where too much is dirty, before a lease for writing is taken, which leaves its pages
    /// dirty. Waits for the store.
    /// </summary>
    /// <exception cref="IOException">The pages cannot be written.</exception>
    internal ValueTask CleanAsync(CallMode mode, CancellationToken cancellationToken) =>
        file.MustClean && StoreLevel.Caller is null
            ? evictor.CleanAsync(file, mode, cancellationToken)
            : ValueTask.CompletedTask;

    internal async ValueTask<PageLease> TakeAsync(
        ByteRange range, LeaseAccess access, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        var lease = new PageLease(this, range, access);
        await BeginAsync(lease, hasExclusiveHold, mode, cancellationToken).ConfigureAwait(false);
        return lease;
    }

    /// <summary>
    /// Holds one page that lies behind the end of the file. It is zeros, never becomes dirty and is no page of the
    /// file: the lease ends with <see cref="PageLease.Abort"/>, after which the page is absent. While it lasts, a call
    /// that makes the file longer by writing to the page waits.
    /// </summary>
    /// <param name="offset">The page's first byte.</param>
    /// <param name="hasExclusiveHold">Whether the caller has the file's exclusive hold.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is held then.</param>
    /// <returns>Null when the file reaches into the page by now.</returns>
    internal async ValueTask<PageLease?> TakeBehindEndAsync(
        long offset, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        var page = new ByteRange(offset, PageGeometry.PageBytes);
        while (file.Sizes.Length <= offset)
        {
            // Views show zeros behind the end, in pages that are there: such a page is held for reading.
            var access = file.IsStaged ? LeaseAccess.Read : LeaseAccess.Overwrite;
            var lease = new PageLease(this, page, access) { IsBehindEnd = true };
            await BeginAsync(lease, hasExclusiveHold, mode, cancellationToken).ConfigureAwait(false);
            if (access == LeaseAccess.Read || lease.Parts[0].Claim is not null) return lease;

            // A writer was here first, or a view: look at the end again.
            GiveBack(lease);
        }

        return null;
    }

    private async ValueTask BeginAsync(
        PageLease lease, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        var range = lease.Range;
        if (!hasExclusiveHold) await gates.PassLimitAsync(range.Offset, mode, cancellationToken).ConfigureAwait(false);

        // Take every page; a busy page is waited for with nothing held.
        try
        {
            while (await TryTakeAsync(
                lease, hasExclusiveHold, mode, cancellationToken).ConfigureAwait(false) is { } busy)
            {
                // The holder of the busy pages may need the pages taken so far: give them back, then wait.
                GiveBack(lease);
                await file.StoreWait.WaitAsync(busy, mode, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            // The bytes must be contiguous: map them once more where they lie in two windows.
            var alias = AliasOf(range);
            lease.Begin(alias?.Address ?? file.Section.AddressOf(range.Offset), alias);
        }
        catch
        {
            GiveBack(lease);
            throw;
        }

        // A lease for writing makes its range valid data now: the pages are written back as they stand.
        if (lease.Access != LeaseAccess.Read && !lease.IsBehindEnd) WroteInPlace(lease);
    }

    /// <summary>
    /// Whether every page of a range is resident and no other lease excludes this one. A snapshot.
    /// </summary>
    internal bool IsPossibleAtOnce(ByteRange range, LeaseAccess access)
    {
        for (long index = PageGeometry.ExtentOf(range.Offset); index <= PageGeometry.ExtentOf(range.End - 1); index++)
        {
            if (file.Extents.Find(index) is not { } extent) return false;
            ulong pages = PageGeometry.PagesOf(index, range);
            lock (extent)
            {
                if ((pages & ~extent.Readable) != PageMask.None || !extent.CanLeaseLocked(pages, access)) return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Ends a lease as soon as it is taken: it could not be taken at once, and the caller did not wait for it.
    /// </summary>
    internal static async Task EndWhenTakenAsync(Task<PageLease> taking)
    {
        try
        {
            (await taking.ConfigureAwait(false)).Dispose();
        }
        catch (Exception error) when (error is IOException or ArgumentException or ObjectDisposedException)
        {
            // No call waits for this lease. A call that needs the pages tries again, and gets the error.
            return;
        }
    }

    public void End(PageLease lease)
    {
        bool publishes = !lease.IsAborted;

        // Raise the length first: claimed pages are published by the next step.
        if (publishes && lease.Parts.EndOf(areClaimed: true) is > 0 and var end)
        {
            file.Sizes.WroteUpTo(Math.Min(lease.Range.End, end));
        }

        // Release each part; an aborted one is not made dirty.
        for (int i = 0; i < lease.Parts.Count; i++)
        {
            var part = lease.Parts[i];
            if (part.Claim is null && lease.IsAborted && lease.Access != LeaseAccess.Read)
            {
                Abort(part.Extent, part.Pages, lease.Access);
            }
            else EndPart(part, lease.Access, publishes);
        }

        // An aborted lease may leave the file clean: nothing lists it any more.
        if (lease.IsAborted && lease.Access != LeaseAccess.Read) file.Siblings.Dirty.Written?.Invoke(file);

        // Leased pages are not counted in the capacity, these are again: evict what is too much.
        evictor.SweepExcess();
    }

    /// <summary>A contiguous mapping of a range that lies in two windows; null for a range in one window.</summary>
    private SectionAlias? AliasOf(ByteRange range)
    {
        if (file.Section.IsContiguous(range)) return null;
        if (!file.Section.CanAlias)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range), range,
                    "this part of the file lies in two windows of memory; lease each side of it on its own");
        }

        try
        {
            return file.Section.Alias(range);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"cannot lease {range.Length} bytes of {file.Store.Label}: {error.Message}", error);
        }
    }

    /// <summary>Takes every page of a range.</summary>
    /// <returns>
    /// Null when all are taken; otherwise the signal to wait for, since another call has one of them.
    /// </returns>
    private async ValueTask<Signal?> TryTakeAsync(
        PageLease lease, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        if (!hasExclusiveHold) await file.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);

        // A long range is loaded side by side. Of one that is overwritten only the ends are loaded.
        var wide = lease.Access == LeaseAccess.Overwrite || lease.IsBehindEnd ? null
            : RangeLoad.BeginOrNull(file, evictor, lease.Range, hasExclusiveHold, mode, cancellationToken);
        try
        {
            var range = lease.Range;
            if (range.End > file.Sizes.Length && !lease.IsBehindEnd)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(range), range, "the file was cut below the end of the lease");
            }

            // Take pieces that fit into the cache, in ascending order: leased pages do not count, so that a lease may
            // be larger than the capacity.
            long pieceBytes = (long)file.Cache.PiecePagesMax << PageGeometry.PageShift;
            var whole = range.RoundOut(PageGeometry.PageBytes);
            for (long at = whole.Offset, next; at < whole.End; at = next)
            {
                long index = PageGeometry.ExtentOf(at);
                next = Math.Min(Math.Min(at + pieceBytes, PageGeometry.StartOf(index + 1)), whole.End);
                file.ThrowIfSuspended(ByteRange.FromBounds(at, next));
                if (wide is not null) await wide.AdvanceAsync(at).ConfigureAwait(false);
                for (ulong rest = PageGeometry.PagesOf(index, ByteRange.FromBounds(at, next)); rest != PageMask.None;)
                {
                    if (await TakePartAsync(
                        index, rest, lease, mode, cancellationToken).ConfigureAwait(false) is { } busy)
                    {
                        return busy;
                    }
                    rest &= ~lease.Parts[lease.Parts.Count - 1].Pages;
                }
            }

            return null;
        }
        finally
        {
            if (wide is not null) await wide.EndAsync().ConfigureAwait(false);
            if (!hasExclusiveHold) file.ReleaseShared();
        }
    }

    /// <summary>Takes pages of one extent, all of them or the first few.</summary>
    private async ValueTask<Signal?> TakePartAsync(
        long index, ulong pages, PageLease lease, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);

            // Try to claim or lease the pages.
            var attempt = lease.Access == LeaseAccess.Overwrite
                ? TryOverwrite(index, pages, lease.Range)
                : TryLease(index, pages, lease.Access);

            // Taken: done. Busy: return the signal, and the caller waits without the file's hold.
            if (attempt.Part is { } part)
            {
                lease.Parts.Add(part);
                if (part.Claim is not null) Clear(part);
                return null;
            }

            if (attempt.Busy is not null) return attempt.Busy;

            // Otherwise make room, or load the pages, and try again.
            if (attempt.Room > 0)
            {
                await evictor.MakeRoomAsync(file, attempt.Room, mode, cancellationToken).ConfigureAwait(false);
            }

            if (attempt.Load != PageMask.None
                && !await loader.TryEnsureResidentAsync(
                    index, attempt.Load, mode, cancellationToken).ConfigureAwait(false)
                && EndOfOverwriteLease(index, attempt.Load) is { } prepared) return prepared;
        }
    }

    private Attempt TryLease(long index, ulong pages, LeaseAccess access)
    {
        var extent = file.EnsureExtent(index);
        lock (extent)
        {
            if (extent.IsRetired) return default;
            if ((pages & ~extent.Readable) != PageMask.None) return new Attempt(Load: pages);

            // While these pages are being written to the store, a lease for writing waits.
            bool isTaken = access != LeaseAccess.Read && (extent.Writing & pages) != PageMask.None;
            if (isTaken || !extent.CanLeaseLocked(pages, access)) return new Attempt(Busy: extent.NextChangeLocked());
            extent.LeaseLocked(pages, access, file.Scheduler);
            return new Attempt(new LeasePart(extent, pages));
        }
    }

    /// <summary>
    /// Claims the first pages if they are absent and overwritten whole, or leases them if they are there.
    /// </summary>
    private Attempt TryOverwrite(long index, ulong pages, ByteRange range)
    {
        ulong first = pages & (0 - pages);
        ulong whole = pages & PageGeometry.WholePagesOf(index, range, file.Sizes.Length);
        var extent = file.EnsureExtent(index);
        lock (extent)
        {
            if (extent.IsRetired) return default;
            ulong absent = PageMask.FirstRun(pages & extent.AbsentLocked & whole);

            // Where views show a page as soon as it exists, it is not filled in place: it is loaded, and then leased.
            if ((absent & first) != PageMask.None && !file.IsStaged)
            {
                if (loader.TryClaimLocked(extent, absent, out int room) is not { } claim)
                {
                    return new Attempt(Room: room);
                }
                extent.BeginOverwriteLeaseLocked(claim, file.Scheduler);
                return new Attempt(new LeasePart(extent, absent, claim));
            }

            if ((extent.Readable & first) == PageMask.None) return new Attempt(Load: first);
            ulong free = PageMask.FirstRun(pages & extent.Readable & ~(extent.HeldByLease | extent.Writing));
            if ((free & first) == PageMask.None) return new Attempt(Busy: extent.NextChangeLocked());
            extent.LeaseLocked(free, LeaseAccess.Overwrite, file.Scheduler);
            return new Attempt(new LeasePart(extent, free));
        }
    }

    /// <summary>
    /// A signal for the end of the lease that overwrites one of these pages; null if none does.
    /// </summary>
    private Signal? EndOfOverwriteLease(long index, ulong pages)
    {
        var extent = file.EnsureExtent(index);
        lock (extent) return (extent.Overwriting & pages) != PageMask.None ? extent.NextChangeLocked() : null;
    }

    /// <summary>Clears claimed pages, so that the holder finds no old bytes.</summary>
    private static void Clear(LeasePart part)
    {
        foreach (ulong run in PageMask.Runs(part.Pages)) part.Extent.MemoryOf(run).Span.Clear();
    }

    /// <summary>Releases pages of a lease that has not begun, so that no byte of them was touched.</summary>
    private void GiveBack(PageLease lease)
    {
        for (int i = 0; i < lease.Parts.Count; i++)
        {
            var (extent, pages, claim) = lease.Parts[i];
            lock (extent)
            {
                if (claim is not null) extent.EndOverwriteLeaseLocked(claim, publishes: false, file.Scheduler);
                else extent.ReleaseLocked(pages, lease.Access, file.Scheduler, aborts: true);
            }
        }

        lease.Parts.Clear();
        evictor.SweepExcess();
    }

    private void EndPart(LeasePart part, LeaseAccess access, bool publishes)
    {
        lock (part.Extent)
        {
            if (part.Claim is not null) part.Extent.EndOverwriteLeaseLocked(part.Claim, publishes, file.Scheduler);
            else part.Extent.ReleaseLocked(part.Pages, access, file.Scheduler);
        }
    }

    /// <summary>
    /// Ends an aborted lease of pages that were resident before, without making them dirty: pages that can leave memory
    /// do, so that the next reader gets the store's bytes. A page that must stay (it was dirty, no barrier covers it
    /// yet, or another call holds it) keeps the holder's bytes and becomes dirty, so that memory and store do not stay
    /// different.
    /// </summary>
    private void Abort(Extent extent, ulong pages, LeaseAccess access)
    {
        ulong going;
        lock (extent)
        {
            extent.ReleaseLocked(pages, access, file.Scheduler, aborts: true);

            // A view may show the page too, and may have written it: then it stays.
            going = file.IsStaged ? PageMask.None : pages & extent.DroppableLocked & ~extent.Closing;
            extent.CloseLocked(going, file.Scheduler);
        }

        // Wait for copies inside; then drop what they have not pinned, and reopen all.
        ulong inside = file.DrainPins() ? PageMask.None : Pins.Inside(file.SectionId, extent.Index);
        lock (extent)
        {
            // A view may have been mapped since: then the pages stay.
            ulong dropped = file.IsStaged ? PageMask.None : going & extent.DroppableLocked & ~inside;
            extent.DropLocked(dropped, file.Scheduler);
            extent.MarkDirty(pages & extent.Resident);
            extent.ReopenLocked(going, file.Scheduler);
        }
    }

    /// <summary>The result of one try: the pages; or pages to load, room to make, or a signal to wait for.</summary>
    private readonly record struct Attempt(
        LeasePart? Part = null, ulong Load = PageMask.None, int Room = 0, Signal? Busy = null);
}
