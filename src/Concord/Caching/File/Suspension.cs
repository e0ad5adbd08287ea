using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Keeps hits, loads, faults and sharers' reads out of a range while its holder writes the store, by an uncached write
/// or in another way. A purge alone makes no suspension. It begins inside the holder's purge, after the epochs have
/// advanced. When the purge has ended, write-back is suspended too. When the store has answered, all is resumed. Faults
/// and sharers' reads wait for that, holding nothing. A call that has the file's hold does not wait but throws.
/// </summary>
internal sealed class Suspension(FileState file, ByteRange range)
{
    private readonly List<(Extent Extent, ulong Pages)> _parts = [];

    internal ByteRange Range { get; } = range;

    /// <summary>The whole pages that are suspended.</summary>
    internal ByteRange PageRange { get; } = range.RoundOut(PageGeometry.PageBytes);

    internal bool IsResumed { get; private set; }

    /// <summary>The store's bytes of pages that had to stay, as they were when write-back was suspended too.</summary>
    internal IReadOnlyList<(long Offset, byte[] Bytes)> Before { get; set; } = [];

    /// <summary>Suspends the range; once.</summary>
    internal void Begin()
    {
        if (_parts.Count > 0 || PageRange.IsEmpty) return;
        for (long index = PageGeometry.ExtentOf(
            PageRange.Offset); index <= PageGeometry.ExtentOf(PageRange.End - 1); index++)
        {
            var extent = file.EnsureExtent(index);
            ulong pages = PageGeometry.PagesOf(index, PageRange);
            lock (extent)
            {
                if (!extent.IsRetired)
                {
                    extent.SuspendLocked(pages, file.Scheduler);
                    _parts.Add((extent, pages));
                    continue;
                }
            }

            // The extent was retired between the look-up and the lock: try again with a new one.
            index--;
        }
    }

    /// <summary>Lets no further write-back of the range begin. The caller waits for those in flight.</summary>
    internal void SuspendWriteBack()
    {
        foreach (var (extent, pages) in _parts)
        {
            lock (extent) extent.SuspendWriteBackLocked(pages, file.Scheduler);
        }
    }

    /// <summary>Resumes the range: the calls that wait for it go on. Idempotent.</summary>
    internal void Resume()
    {
        if (IsResumed) return;
        IsResumed = true;
        file.RemoveSuspension(this);
        foreach (var (extent, pages) in _parts)
        {
            bool isEmpty;
            lock (extent)
            {
                extent.ResumeLocked(pages, file.Scheduler);

                // Retire an extent that was made for the suspension only: state grows with resident pages.
                isEmpty = !extent.IsEnlisted && extent.IsEmptyLocked;
                if (isEmpty) extent.RetireLocked(file.Scheduler);
            }

            if (isEmpty) file.Extents.Remove(extent);
        }

        _parts.Clear();
    }
}
