using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Reads and writes that go to the store itself, coherent with every copy. Called with the file held exclusively.
/// </summary>
internal sealed class Uncached(CacheMap map)
{
    /// <summary>Flushes what is cached of the range, drops nothing, and reads the store.</summary>
    internal async ValueTask<int> ReadAsync(
        object listener, long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken)
    {
        int count = (int)Math.Clamp(map.Sizes.Length - offset, 0, destination.Length);
        if (count == 0) return 0;
        var range = new ByteRange(offset, count);
        await map.Operation.RunAsync(listener, range, CoherencyOptions.NoPurge, mode, cancellationToken).ConfigureAwait(false);
        int read = await map.Store.ReadAsync(offset, destination[..count], mode, cancellationToken).ConfigureAwait(false);
        destination.Span[read..count].Clear();
        return count;
    }

    /// <summary>
    /// Flushes and purges the range, keeps everybody out of it, writes the store, and lets them in again. Pages that
    /// had to stay get the new bytes as well.
    /// </summary>
    internal async ValueTask<CoherencyResult> WriteAsync(
        object listener, long offset, ReadOnlyMemory<byte> source, CallMode mode, CancellationToken cancellationToken)
    {
        var range = new ByteRange(offset, source.Length);
        if (map.Views.LeavesGap(offset)) map.SizeChanges.ForgetBehindEnd();
        var bar = new Bar(map, range);
        try
        {
            var result = await map.Operation
                .RunAsync(listener, range, CoherencyOptions.None, mode, cancellationToken, bar).ConfigureAwait(false);

            // Pages that stayed may be in flight still; no further write-back of theirs begins while they are barred.
            await map.WriteBack.WaitForWritesInFlightAsync(range, mode).ConfigureAwait(false);
            if (map.Scheduler.Plants(PlantedFault.BarLiftedEarly)) bar.Lift();
            try
            {
                await map.Store.WriteAsync(offset, [source], mode).ConfigureAwait(false);
            }
            catch
            {
                AdmitPartOf(range);
                throw;
            }

            map.Ledger.NoteAccepted();
            map.Sizes.StoredUpTo(range.End);
            map.Sizes.WroteUpTo(range.End);
            CopyIntoWhatStayed(range, source.Span);
            return result;
        }
        finally
        {
            bar.Lift();
        }
    }

    /// <summary>
    /// The store refused, and may have taken a part all the same: a barrier is owed for it, and the file reaches as
    /// far as the store does, so that nothing takes what is there for bytes that nobody ever wrote.
    /// </summary>
    private void AdmitPartOf(ByteRange range)
    {
        map.Ledger.NoteAccepted();
        long reached = Math.Min(range.End, map.Store.GetLength());
        if (reached <= map.Sizes.Length) return;
        map.Sizes.StoredUpTo(reached);
        map.Sizes.WroteUpTo(reached);
    }

    /// <summary>
    /// Gives the new bytes to pages that had to stay. They are dirty then: a write-back of theirs that was under way may
    /// have put their old bytes over the new ones in the store.
    /// </summary>
    private void CopyIntoWhatStayed(ByteRange range, ReadOnlySpan<byte> source)
    {
        foreach (var extent in map.Extents.In(range))
        {
            lock (extent)
            {
                ulong stayed = extent.Resident & PageGeometry.PagesOf(extent.Index, range);
                for (; stayed != 0; stayed &= ~PageMask.FirstRun(stayed))
                {
                    var part = PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(stayed)).Intersect(range);
                    int inside = (int)(part.Offset - PageGeometry.StartOf(extent.Index));
                    var bytes = source.Slice((int)(part.Offset - range.Offset), (int)part.Length);
                    PageCopy.Copy(bytes, extent.BytesAt(inside, bytes.Length), inside);
                    extent.MarkDirty(PageMask.FirstRun(stayed));
                }
            }
        }
    }
}
