using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Takes and ends leases: pages are brought in and held, extent by extent.</summary>
internal sealed class Leasing(CacheMap map)
{
    internal async ValueTask<PageLease> TakeAsync(
        ByteRange range, LeaseAccess access, bool holdsFile, CallMode mode, CancellationToken cancellationToken)
    {
        var taken = new List<(Extent Extent, ulong Pages)>();
        try
        {
            foreach (long index in ExtentsOf(range))
            {
                ulong pages = PageGeometry.PagesOf(index, range);
                taken.Add((await TakePartAsync(index, pages, access, holdsFile, mode, cancellationToken).ConfigureAwait(false), pages));
            }
        }
        catch
        {
            End(taken, access);
            throw;
        }

        // What a lease may write is valid data from now on: it is written back as it stands.
        if (access != LeaseAccess.Read) map.Sizes.WroteUpTo(range.End);
        return new PageLease(range, access, map.Section.AddressOf(range.Offset), lease => End(taken, lease.Access));
    }

    private async ValueTask<Extent> TakePartAsync(
        long index, ulong pages, LeaseAccess access, bool holdsFile, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            Signal change;
            if (!holdsFile) await map.Hold.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
            try
            {
                map.ThrowIfRetired();
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
    }

    private static IEnumerable<long> ExtentsOf(ByteRange range)
    {
        for (long index = PageGeometry.ExtentOf(range.Offset); index <= PageGeometry.ExtentOf(range.End - 1); index++)
        {
            yield return index;
        }
    }
}
