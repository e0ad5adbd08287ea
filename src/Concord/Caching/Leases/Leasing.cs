using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Takes and ends leases: pages are brought in and held, extent by extent.</summary>
internal sealed class Leasing(FileState file, Evictor evictor, Loader loader, EntryGates gates)
{
    internal async ValueTask<PageLease> TakeAsync(
        ByteRange range, LeaseAccess access, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        if (!hasExclusiveHold) await gates.PassLimitAsync(mode, cancellationToken).ConfigureAwait(false);
        var taken = new List<Part>();
        SectionAlias? alias;
        try
        {
            while (await TryTakeAsync(range, access, taken, hasExclusiveHold, mode, cancellationToken).ConfigureAwait(false) is { } busy)
            {
                // Whoever has the pages may need the file, or those that are taken already, to get to his end.
                GiveBack(taken, access);
                taken.Clear();
                await busy.WaitAsync(mode, file.Scheduler, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            alias = AliasOf(range);
        }
        catch
        {
            GiveBack(taken, access);
            throw;
        }

        // What a lease may write is valid data from now on: it is written back as it stands.
        if (access != LeaseAccess.Read) WroteInPlace(taken, range);
        nint address = alias?.Address ?? file.Section.AddressOf(range.Offset);
        return new PageLease(range, access, address, lease =>
        {
            alias?.Dispose();
            End(taken, lease);
        })
        {
            NoteLogSequence = file.Log is not null ? sequence => NoteLog(taken, sequence) : null,
            LeaseForWriting = () => BeginWriting(taken, range),
        };
    }

    /// <summary>Whether every page of a range is there, and nobody's lease is in the way: now, and perhaps not a moment later.</summary>
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

    /// <summary>Ends a lease as soon as it is there: somebody came between, and its taker did not wait for it.</summary>
    internal static async Task EndWhenTakenAsync(Task<PageLease> taking)
    {
        try
        {
            (await taking.ConfigureAwait(false)).Dispose();
        }
        catch (Exception error) when (error is IOException or ArgumentException or ObjectDisposedException)
        {
            // Nobody waits for this lease. Whoever needs the pages asks again, and is told then.
            return;
        }
    }

    /// <summary>Lends leased pages to their holder for writing, each when no write to the store has its bytes in flight.</summary>
    private void BeginWriting(List<Part> parts, ByteRange range)
    {
        WroteInPlace(parts, range);
        foreach (var (extent, pages, _) in parts)
        {
            SyncCompletion.Wait(extent.WhenIdleAsync(busy => busy.Writing & pages, idle => idle.LeaseForWritingLocked(pages, file.Scheduler), CallMode.Blocking));
        }
    }

    /// <summary>One piece of memory for a range that lies in two windows; null for one that lies in one.</summary>
    private SectionAlias? AliasOf(ByteRange range)
    {
        if (file.Section.IsContiguous(range)) return null;
        if (!file.Section.CanAlias)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range), range, "this part of the file lies in two windows of memory; lease each side of it on its own");
        }

        try
        {
            return file.Section.Alias(range);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"cannot lease {range.Length} bytes of {file.Store.Name}: {error.Message}", error);
        }
    }

    /// <summary>Takes every page of a range.</summary>
    /// <returns>Null when it has them; or what to wait for, since somebody else has one of them.</returns>
    private async ValueTask<Signal?> TryTakeAsync(
        ByteRange range, LeaseAccess access, List<Part> taken, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        if (!hasExclusiveHold) await file.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            if (range.End > file.Sizes.Length) throw new ArgumentOutOfRangeException(nameof(range), range, "the file was cut below the end of the lease");
            foreach (var (index, pages) in PiecesOf(range))
            {
                file.ThrowIfSuspended(PageGeometry.BytesOf(index, pages));
                for (ulong rest = pages; rest != PageMask.None; rest &= ~taken[^1].Pages)
                {
                    if (await TakePartAsync(index, rest, range, access, taken, mode, cancellationToken).ConfigureAwait(false) is { } busy) return busy;
                }
            }

            return null;
        }
        finally
        {
            if (!hasExclusiveHold) file.ReleaseShared();
        }
    }

    /// <summary>Takes pages of one extent, all of them or the first few.</summary>
    private async ValueTask<Signal?> TakePartAsync(
        long index, ulong pages, ByteRange range, LeaseAccess access, List<Part> taken, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            var attempt = access == LeaseAccess.Overwrite ? TryOverwrite(index, pages, range) : TryLease(index, pages, access);
            if (attempt.Part is { } part)
            {
                taken.Add(part);
                if (part.Claim is not null) Clear(part);
                return null;
            }

            if (attempt.Busy is not null) return attempt.Busy;
            if (attempt.Room > 0) await evictor.MakeRoomAsync(attempt.Room, mode, cancellationToken).ConfigureAwait(false);
            if (attempt.Load != PageMask.None
                && !await loader.TryEnsureResidentAsync(index, attempt.Load, mode, cancellationToken).ConfigureAwait(false)
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

            // What the store is taking stays as it is: whoever may write it waits.
            bool isTaken = access != LeaseAccess.Read && (extent.Writing & pages) != PageMask.None;
            if (isTaken || !extent.CanLeaseLocked(pages, access)) return new Attempt(Busy: extent.NextChangeLocked());
            extent.LeaseLocked(pages, access, file.Scheduler);
            return new Attempt(new Part(extent, pages));
        }
    }

    /// <summary>Claims the first pages if they are absent and overwritten whole, or leases them if they are there.</summary>
    private Attempt TryOverwrite(long index, ulong pages, ByteRange range)
    {
        ulong first = pages & (0 - pages);
        ulong whole = pages & PageGeometry.WholePagesOf(index, range, file.Sizes.Length);
        var extent = file.EnsureExtent(index);
        lock (extent)
        {
            if (extent.IsRetired) return default;
            ulong absent = PageMask.FirstRun(pages & extent.AbsentLocked & whole);

            // Where views show a page as soon as it exists, nobody fills one in place: it is loaded, and then leased.
            if ((absent & first) != PageMask.None && !file.IsStaged)
            {
                if (loader.TryClaimLocked(extent, absent, out int room) is not { } claim) return new Attempt(Room: room);
                extent.BeginOverwriteLeaseLocked(claim, file.Scheduler);
                return new Attempt(new Part(extent, absent, claim));
            }

            if ((extent.Readable & first) == PageMask.None) return new Attempt(Load: first);
            ulong free = PageMask.FirstRun(pages & extent.Readable & ~(extent.HeldByLease | extent.Writing));
            if ((free & first) == PageMask.None) return new Attempt(Busy: extent.NextChangeLocked());
            extent.LeaseLocked(free, LeaseAccess.Overwrite, file.Scheduler);
            return new Attempt(new Part(extent, free));
        }
    }

    /// <summary>What the end of a lease sets that overwrites one of these pages; null when none does any more.</summary>
    private Signal? EndOfOverwriteLease(long index, ulong pages)
    {
        var extent = file.EnsureExtent(index);
        lock (extent) return (extent.Overwriting & pages) != PageMask.None ? extent.NextChangeLocked() : null;
    }

    /// <summary>Zeros, so that the holder finds nobody's old bytes. Nobody else may touch what is claimed.</summary>
    private static void Clear(Part part)
    {
        for (ulong rest = part.Pages; rest != PageMask.None; rest &= ~PageMask.FirstRun(rest))
        {
            part.Extent.MemoryOf(PageMask.FirstRun(rest)).Span.Clear();
        }
    }

    private static void NoteLog(List<Part> parts, long sequence)
    {
        foreach (var part in parts)
        {
            lock (part.Extent) part.Extent.NoteLogLocked(part.Pages, sequence);
        }
    }

    private void WroteInPlace(List<Part> parts, ByteRange range)
    {
        if (parts.FindLast(static part => part.Claim is null) is { } last) file.Sizes.WroteUpTo(Math.Min(range.End, last.Bytes.End));
    }

    /// <summary>Gives pages back that nobody has touched yet.</summary>
    private void GiveBack(List<Part> parts, LeaseAccess access)
    {
        foreach (var (extent, pages, claim) in parts)
        {
            lock (extent)
            {
                if (claim is not null) extent.EndOverwriteLeaseLocked(claim, publishes: false, file.Scheduler);
                else extent.ReleaseLocked(pages, access, file.Scheduler, aborts: true);
            }
        }

        evictor.SweepExcess();
    }

    private void End(List<Part> parts, PageLease lease)
    {
        bool publishes = !lease.IsAborted;
        if (publishes && parts.FindLast(static part => part.Claim is not null) is { } last)
        {
            file.Sizes.WroteUpTo(Math.Min(lease.Range.End, last.Bytes.End));
        }

        foreach (var (extent, pages, claim) in parts)
        {
            if (claim is null && lease.IsAborted && lease.Access != LeaseAccess.Read) Abort(extent, pages, lease.Access);
            else EndPart(extent, pages, claim, lease.Access, publishes);
        }

        // What leases held came on top of the capacity; now it does not any more.
        evictor.SweepExcess();
    }

    private void EndPart(Extent extent, ulong pages, PageLoad? claim, LeaseAccess access, bool publishes)
    {
        lock (extent)
        {
            if (claim is not null) extent.EndOverwriteLeaseLocked(claim, publishes, file.Scheduler);
            else extent.ReleaseLocked(pages, access, file.Scheduler);
        }
    }

    /// <summary>
    /// Ends a lease of pages that others have seen change, without marking them dirty: what can leave memory does, so that
    /// the next reader gets the store's bytes. What must stay (it was dirty, no barrier covers it yet, or somebody else
    /// has it) keeps the holder's bytes and counts as dirty, so that memory and store do not differ for ever.
    /// </summary>
    private void Abort(Extent extent, ulong pages, LeaseAccess access)
    {
        ulong going;
        lock (extent)
        {
            extent.ReleaseLocked(pages, access, file.Scheduler, aborts: true);

            // A view may have the page too, and may have written it: then it stays.
            going = file.IsStaged ? PageMask.None : pages & extent.DroppableLocked & ~extent.Closing;
            extent.CloseLocked(going, file.Scheduler);
        }

        ulong inside = file.DrainPins() ? PageMask.None : Pins.Inside(file.SectionId, extent.Index);
        lock (extent)
        {
            // Nor if one was mapped since.
            ulong dropped = file.IsStaged ? PageMask.None : going & extent.DroppableLocked & ~inside;
            extent.DropLocked(dropped, file.Scheduler);
            extent.MarkDirty(pages & extent.Resident);
            extent.ReopenLocked(going, file.Scheduler);
        }
    }

    /// <summary>
    /// The pages of a range in ascending pieces that fit into the cache beside others: a piece that is leased no
    /// longer counts, so that a lease may be larger than the capacity.
    /// </summary>
    private IEnumerable<(long Index, ulong Pages)> PiecesOf(ByteRange range)
    {
        long pieceBytes = (long)file.Cache.PiecePagesMax << PageGeometry.PageShift;
        var pages = range.RoundOut(PageGeometry.PageBytes);
        for (long at = pages.Offset, next; at < pages.End; at = next)
        {
            long index = PageGeometry.ExtentOf(at);
            next = Math.Min(Math.Min(at + pieceBytes, PageGeometry.StartOf(index + 1)), pages.End);
            yield return (index, PageGeometry.PagesOf(index, ByteRange.FromBounds(at, next)));
        }
    }

    /// <summary>Pages of one extent that a lease has; with a claim if nobody else has seen them.</summary>
    private sealed record Part(Extent Extent, ulong Pages, PageLoad? Claim = null)
    {
        /// <summary>The bytes from the first page's first to the last page's last.</summary>
        internal ByteRange Bytes => PageGeometry.BytesOf(Extent.Index, Pages);
    }

    /// <summary>What came of one try: pages, or what has to be loaded, made room for, or waited for.</summary>
    private readonly record struct Attempt(Part? Part = null, ulong Load = PageMask.None, int Room = 0, Signal? Busy = null);
}
