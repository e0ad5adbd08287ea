using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Pages of a file's memory that somebody else made by a touch (a dump, a debugger, a lock of all memory), found by
/// asking the system what is there: no mask vouches for them, so they are given back before anybody is shown one (I12).
/// They are looked for when a view is mapped, and in the background from time to time.
/// </summary>
internal static class OrphanPages
{
    /// <summary>
    /// Gives back what is there and no mask knows of, if the system has more memory for the file than the masks. The
    /// caller has the file, alone or beside others.
    /// </summary>
    /// <exception cref="IOException">The system does not say what is there, or does not take it back.</exception>
    internal static void GiveBack(FileState file)
    {
        if (!file.HasSection || !AreSuspected(file)) return;
        long end = file.Section.ReservedEnd;
        for (var rest = new ByteRange(0, end); file.Section.FindPresent(
            rest) is { } present; rest = ByteRange.FromBounds(present.End, end))
        {
            for (long index = PageGeometry.ExtentOf(
                present.Offset); index <= PageGeometry.ExtentOf(present.End - 1); index++)
            {
                GiveBack(file, index, PageGeometry.PagesOf(index, present));
            }
        }
    }

    /// <summary>Asked in this order: a page is in the books before it is in memory, and longer.</summary>
    private static bool AreSuspected(FileState file)
    {
        if (file.Section.PresentBytes is not { } present) return false;
        long known = 0;
        foreach (var extent in file.Extents.All) known += PageMask.Count(extent.Backed);
        return present > known << PageGeometry.PageShift;
    }

    private static void GiveBack(FileState file, long index, ulong present)
    {
        while (true)
        {
            // Under the lock, so that no load of these pages begins meanwhile; an extent is made for that where there
            // is none.
            var extent = file.EnsureExtent(index);
            bool isEmpty;
            lock (extent)
            {
                if (extent.IsRetired) continue;
                ulong orphans = present & ~extent.Backed;
                foreach (var run in PageRuns.Of(index, orphans)) file.Sharers.Punch(file.Section, run);
                file.CountOrphans(PageMask.Count(orphans));
                isEmpty = !extent.IsEnlisted && extent.IsEmptyLocked;
                if (isEmpty) extent.RetireLocked(file.Scheduler);
            }

            if (isEmpty) file.Extents.Remove(extent);
            return;
        }
    }
}
