using Concord.Memory;

namespace Concord.Caching;

/// <summary>What a lease needs that is to be had without waiting.</summary>
internal static class LeaseAtOnce
{
    /// <summary>Whether every page of a range is there, and nobody's lease is in the way: now, and perhaps not a moment later.</summary>
    internal static bool IsPossible(FileState file, ByteRange range, LeaseAccess access)
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
}
