using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Takes and ends leases: pages are brought in and held, extent by extent.</summary>
internal sealed class Leasing(CacheMap map)
{
    internal async ValueTask<PageLease> TakeAsync(
        ByteRange range, LeaseAccess access, bool holdsFile, CallMode mode, CancellationToken cancellationToken)
    {
        if (!holdsFile) await map.Core.Sections.MakeRoomAsync(map, mode, cancellationToken).ConfigureAwait(false);
        var taken = new List<(Extent Extent, ulong Pages)>();
        SectionAlias? alias;
        try
        {
            foreach (var (index, pages) in PiecesOf(range))
            {
                taken.Add((await TakePartAsync(index, pages, access, holdsFile, mode, cancellationToken).ConfigureAwait(false), pages));
            }

            alias = AliasOf(range);
        }
        catch
        {
            End(taken, access);
            throw;
        }

        // What a lease may write is valid data from now on: it is written back as it stands.
        if (access != LeaseAccess.Read) map.Sizes.WroteUpTo(range.End);
        nint address = alias?.Address ?? map.Section.AddressOf(range.Offset);
        return new PageLease(range, access, address, lease =>
        {
            alias?.Dispose();
            End(taken, lease.Access);
        })
        {
            Lend = () => Lend(taken, range),
        };
    }

    private void Lend(List<(Extent Extent, ulong Pages)> parts, ByteRange range)
    {
        map.Sizes.WroteUpTo(range.End);
        foreach (var (extent, pages) in parts)
        {
            lock (extent) extent.LendLocked(pages, map.Scheduler);
        }
    }

    /// <summary>One piece of memory for a range that lies in two windows; null for one that lies in one.</summary>
    private SectionAlias? AliasOf(ByteRange range)
    {
        if (map.Section.IsContiguous(range)) return null;
        if (!map.Section.CanAlias)
        {
            throw new ArgumentOutOfRangeException(
                nameof(range), range, "this part of the file lies in two windows of memory; lease each side of it on its own");
        }

        try
        {
            return map.Section.Alias(range);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"cannot lease {range.Length} bytes of {map.Store.Name}: {error.Message}", error);
        }
    }

    private async ValueTask<Extent> TakePartAsync(
        long index, ulong pages, LeaseAccess access, bool holdsFile, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            Signal change;
            if (!holdsFile) await map.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
            try
            {
                await map.Loader.BringInAsync(index, pages, mode, cancellationToken).ConfigureAwait(false);
                var extent = map.ExtentAt(index);
                lock (extent)
                {
                    // Taken away again in between: once more from the start.
                    if ((pages & ~extent.Readable) != 0) continue;
                    if (extent.CanLeaseLocked(pages, access))
                    {
                        extent.LeaseLocked(pages, access, map.Scheduler);
                        return extent;
                    }

                    change = extent.NextChangeLocked();
                }
            }
            finally
            {
                if (!holdsFile) map.Hold.ReleaseShared();
            }

            // Whoever has the lease may need the file to get to its end, so wait without the hold.
            await change.WaitAsync(mode).ConfigureAwait(false);
        }
    }

    private void End(List<(Extent Extent, ulong Pages)> parts, LeaseAccess access)
    {
        foreach (var (extent, pages) in parts)
        {
            lock (extent) extent.ReleaseLocked(pages, access, map.Scheduler);
        }

        // What leases held came on top of the capacity; now it does not any more.
        map.Core.Room.SweepExcess();
    }

    /// <summary>
    /// The pages of a range in ascending pieces that fit into the cache beside others: a piece that is leased no
    /// longer counts, so that a lease may be larger than the capacity.
    /// </summary>
    private IEnumerable<(long Index, ulong Pages)> PiecesOf(ByteRange range)
    {
        long pieceBytes = (long)map.Core.PiecePagesMax << PageGeometry.PageShift;
        var pages = range.RoundOut(PageGeometry.PageBytes);
        for (long at = pages.Offset, next; at < pages.End; at = next)
        {
            long index = PageGeometry.ExtentOf(at);
            next = Math.Min(Math.Min(at + pieceBytes, PageGeometry.StartOf(index + 1)), pages.End);
            yield return (index, PageGeometry.PagesOf(index, ByteRange.FromBounds(at, next)));
        }
    }
}
