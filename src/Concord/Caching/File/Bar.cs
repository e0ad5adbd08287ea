using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Keeps hits, loads, faults and sharers' reads out of a range while its holder writes the store: set with the
/// purge epoch, sealed when the purge has ended, lifted when the store has answered. Whoever waits for it holds nothing.
/// </summary>
internal sealed class Bar(CacheMap map, ByteRange range)
{
    private readonly List<(Extent Extent, ulong Pages)> _parts = [];

    internal ByteRange Range { get; } = range;

    /// <summary>The whole pages that are barred.</summary>
    internal ByteRange Pages { get; } = range.RoundOut(PageGeometry.PageBytes);

    internal bool IsLifted { get; private set; }

    /// <summary>What the store had, when the bar was sealed, of pages that had to stay.</summary>
    internal IReadOnlyList<(long Offset, byte[] Bytes)> Before { get; set; } = [];

    /// <summary>Bars the range; once.</summary>
    internal void Set()
    {
        if (_parts.Count > 0 || Pages.IsEmpty) return;
        for (long index = PageGeometry.ExtentOf(Pages.Offset); index <= PageGeometry.ExtentOf(Pages.End - 1); index++)
        {
            var extent = map.ExtentAt(index);
            ulong pages = PageGeometry.PagesOf(index, Pages);
            lock (extent)
            {
                if (!extent.IsRetired)
                {
                    extent.BarLocked(pages, map.Scheduler);
                    _parts.Add((extent, pages));
                    continue;
                }
            }

            // It left its table between the look-up and the lock: once more, with a new one.
            index--;
        }
    }

    /// <summary>Returns when no write-back of the range is in flight, and none begins any more.</summary>
    internal async ValueTask SealAsync(CallMode mode)
    {
        foreach (var (extent, pages) in _parts)
        {
            lock (extent) extent.SealLocked(pages, map.Scheduler);
        }

        await map.WriteBack.WaitForWritesInFlightAsync(Pages, mode).ConfigureAwait(false);
    }

    /// <summary>Lets everybody in again. Idempotent.</summary>
    internal void Lift()
    {
        if (IsLifted) return;
        IsLifted = true;
        map.RemoveBar(this);
        foreach (var (extent, pages) in _parts)
        {
            bool isEmpty;
            lock (extent)
            {
                extent.UnbarLocked(pages, map.Scheduler);

                // Made for the bar alone: state grows with what is resident.
                isEmpty = !extent.IsWatched && (extent.Backed | extent.Loading | extent.Barred | extent.Frozen) == PageMask.None;
                if (isEmpty) extent.RetireLocked(map.Scheduler);
            }

            if (isEmpty) map.Extents.Remove(extent);
        }

        _parts.Clear();
    }
}
