using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Pages of a file's memory that the cache did not make: a dump, a debugger or a lock of all memory touched them. They
/// are found by asking the system which pages are present. No mask accounts for them, so they are given back before a
/// view shows one (I12). The cache searches for them when a view is mapped, and from time to time in the background.
/// </summary>
internal static class OrphanPages
{
    /// <summary>
    /// Gives back present pages that no mask accounts for, if the system counts more memory for the file than the masks
    /// do. The caller has the file's hold, shared or exclusive.
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

    /// <summary>
    /// Asks the system before the masks: a page is counted in a mask before it is present, and for longer.
    /// </summary>
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
            // Under the extent's lock no load of these pages begins; an extent is made where there is none.
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
