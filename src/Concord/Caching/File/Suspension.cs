using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Keeps hits, loads, faults and sharers' reads out of a range while its holder writes the store, by an uncached write
/// or in ways of its own. A purge alone makes none. The suspension begins inside the holder's purge, when the epochs
/// have advanced; write-back is suspended too when the purge has ended; all is resumed when the store has answered.
/// Faults and sharers' reads wait for that, holding nothing. A call that has the file does not wait but throws.
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

            // It left its table between the look-up and the lock: once more, with a new one.
            index--;
        }
    }

    /// <summary>No write-back of the range begins any more. Those in flight have to be waited for.</summary>
    internal void SuspendWriteBack()
    {
        foreach (var (extent, pages) in _parts)
        {
            lock (extent) extent.SuspendWriteBackLocked(pages, file.Scheduler);
        }
    }

    /// <summary>Lets everybody in again. Idempotent.</summary>
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

                // Made for the suspension alone: state grows with what is resident.
                isEmpty = !extent.IsEnlisted && extent.IsEmptyLocked;
                if (isEmpty) extent.RetireLocked(file.Scheduler);
            }

            if (isEmpty) file.Extents.Remove(extent);
        }

        _parts.Clear();
    }
}
