using Concord.Caching;
using Concord.Memory;

namespace Concord.Nt;

/// <summary>
/// How bytes of one cache view are held that a caller overwrites: pages that are in memory as they stand, beside
/// whoever else holds them, and without waiting for him; pages that are absent and overwritten whole without a read,
/// so that no other call sees them before the end.
/// </summary>
internal static class PreparedBytes
{
    /// <summary>Holds a range; each lease that overwrites has pages that were absent, and no others.</summary>
    internal static PageLease[] Hold(FileState state, FileOperations file, ByteRange range)
    {
        var leases = new List<PageLease>();
        try
        {
            for (long at = range.Offset; at < range.End;)
            {
                var (run, access) = FirstRun(state, ByteRange.FromBounds(at, range.End));
                var lease = file.Lease(run, access);
                leases.Add(lease);
                if (access == LeaseAccess.Overwrite && !HasClaimedAll(lease))
                {
                    // Somebody has brought a page in meanwhile: it is held as it stands instead.
                    leases.Remove(lease);
                    lease.Abort();
                    continue;
                }

                at = run.End;
            }

            return [.. leases];
        }
        catch
        {
            foreach (var lease in leases) lease.Abort();
            throw;
        }
    }

    /// <summary>All pages that a lease has a part of.</summary>
    internal static ByteRange PagesOf(PageLease lease) => lease.Range.RoundOut(PageGeometry.PageBytes);

    /// <summary>The first pages of a range that are held in the same way, in one extent.</summary>
    private static (ByteRange Run, LeaseAccess Access) FirstRun(FileState state, ByteRange range)
    {
        long index = PageGeometry.ExtentOf(range.Offset);
        ulong pages = PageGeometry.PagesOf(index, range), first = pages & (0 - pages);
        ulong unseen = AbsentIn(state, index) & PageGeometry.WholePagesOf(index, range, state.Sizes.Length);
        bool overwrites = (unseen & first) != 0;
        var run = PageGeometry.BytesOf(index, PageMask.FirstRun(pages & (overwrites ? unseen : ~unseen)));
        return (range.Intersect(run), overwrites ? LeaseAccess.Overwrite : LeaseAccess.Write);
    }

    /// <summary>
    /// Pages that are not in memory. Where views show a page as soon as it exists, none is filled unseen.
    /// </summary>
    private static ulong AbsentIn(FileState state, long index)
    {
        if (state.IsStaged) return PageMask.None;
        if (state.Extents.Find(index) is not { } extent) return PageMask.All;
        lock (extent) return extent.AbsentLocked;
    }

    private static bool HasClaimedAll(PageLease lease)
    {
        for (int i = 0; i < lease.Parts.Count; i++)
        {
            if (lease.Parts[i].Claim is null) return false;
        }

        return true;
    }
}
