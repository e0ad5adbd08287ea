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
        map.ThrowIfBarred(range);
        await map.Operation.RunAsync(listener, range, CoherencyOptions.NoPurge, mode, cancellationToken).ConfigureAwait(false);
        await ReadStoreAsync(offset, destination[..count], mode, cancellationToken).ConfigureAwait(false);
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
        if (map.Views.LeavesGap(offset)) await map.SizeChanges.ForgetBehindEndAsync(mode).ConfigureAwait(false);
        var (bar, result) = await SealOffAsync(listener, range, mode, cancellationToken).ConfigureAwait(false);
        try
        {
            if (map.Scheduler.Plants(PlantedFault.BarLiftedEarly)) bar.Lift();
            try
            {
                await map.Store.WriteAsync(offset, [source], mode).ConfigureAwait(false);
            }
            catch
            {
                // It may have taken a part all the same.
                Admit(range, LengthOrNone());
                throw;
            }

            Admit(range, range.End);
            CopyIntoWhatStayed(range, source.Span);
            return result;
        }
        finally
        {
            bar.Lift();
        }
    }

    /// <summary>
    /// Flushes and purges the range and keeps everybody out of it, for a holder who writes the store himself. What stays
    /// is in the store, and what the store has of it is remembered.
    /// </summary>
    internal async ValueTask<(Bar Bar, CoherencyResult Result)> BarAsync(
        object listener, ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var (bar, result) = await SealOffAsync(listener, range, mode, cancellationToken).ConfigureAwait(false);
        try
        {
            // What was written down last, or through a lease since: the store has it before its holder writes.
            var (_, error) = await map.WriteBack.WriteAsync(bar.Pages, mode, cancellationToken).ConfigureAwait(false);
            if (error is not null)
            {
                map.Errors.Tell(listener, range);
                throw new WriteBackException($"writing back {map.Store.Name} failed: {error.Message}; nothing is barred", result, error);
            }

            var before = new List<(long, byte[])>();
            foreach (var part in WhatStayed(range))
            {
                byte[] bytes = new byte[part.Length];
                await ReadStoreAsync(part.Offset, bytes, mode, cancellationToken).ConfigureAwait(false);
                before.Add((part.Offset, bytes));
            }

            bar.Before = before;
            return (bar, result);
        }
        catch
        {
            bar.Lift();
            throw;
        }
    }

    /// <summary>Lets everybody in again, with what the store has now.</summary>
    /// <exception cref="IOException">The store cannot be asked; the bar stays.</exception>
    internal async ValueTask LiftAsync(Bar bar, CallMode mode, CancellationToken cancellationToken)
    {
        // Owed whatever comes of this call: the bar may be given up without it.
        map.Ledger.NoteAccepted();
        long reached = map.Store.CheckedLength();
        if (reached > map.Sizes.Length && map.Views.LeavesGap(bar.Range.Offset)) await map.SizeChanges.ForgetBehindEndAsync(mode).ConfigureAwait(false);
        Admit(bar.Range, reached);
        foreach (var (offset, before) in bar.Before)
        {
            byte[] now = new byte[before.Length];
            await ReadStoreAsync(offset, now, mode, cancellationToken).ConfigureAwait(false);
            CopyChanges(offset, before, now);
        }

        bar.Lift();
    }

    /// <summary>Steps 1 to 5 of the one operation with the range barred, to the point where the store may be written.</summary>
    private async ValueTask<(Bar Bar, CoherencyResult Result)> SealOffAsync(
        object listener, ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var bar = new Bar(map, range);
        map.AddBar(bar);
        try
        {
            var result = await map.Operation
                .RunAsync(listener, range, CoherencyOptions.None, mode, cancellationToken, bar).ConfigureAwait(false);
            await bar.SealAsync(mode).ConfigureAwait(false);
            return (bar, result);
        }
        catch
        {
            bar.Lift();
            throw;
        }
    }

    /// <summary>
    /// The store was written, or may have been: a barrier is owed for that, and the file reaches as far as the store
    /// does, so that nothing takes what is there for bytes that nobody ever wrote.
    /// </summary>
    private void Admit(ByteRange range, long storeLength)
    {
        map.Ledger.NoteAccepted();
        long reached = Math.Min(range.End, storeLength);
        map.Sizes.StoredUpTo(reached);
        map.Sizes.WroteUpTo(reached);
    }

    /// <summary>How long the store is; 0, which admits nothing, when it cannot be asked: the error that counts is another one.</summary>
    private long LengthOrNone()
    {
        try
        {
            return map.Store.CheckedLength();
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Reads the store; behind its end there are zeros.</summary>
    private async ValueTask ReadStoreAsync(long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken)
    {
        int read = await map.Store.ReadAsync(offset, destination, mode, cancellationToken).ConfigureAwait(false);
        destination.Span[read..].Clear();
    }

    /// <summary>The parts of a range that are still in memory, a run of pages of one extent each.</summary>
    private List<ByteRange> WhatStayed(ByteRange range)
    {
        var parts = new List<ByteRange>();
        foreach (var extent in map.Extents.In(range))
        {
            lock (extent)
            {
                ulong stayed = extent.Resident & PageGeometry.PagesOf(extent.Index, range);
                for (; stayed != 0; stayed &= ~PageMask.FirstRun(stayed))
                {
                    parts.Add(PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(stayed)).Intersect(range));
                }
            }
        }

        return parts;
    }

    /// <summary>
    /// Gives the new bytes to pages that had to stay. They are dirty then: a write-back of theirs that was under way may
    /// have put their old bytes over the new ones in the store.
    /// </summary>
    private void CopyIntoWhatStayed(ByteRange range, ReadOnlySpan<byte> source)
    {
        foreach (var part in WhatStayed(range))
        {
            Copy(part.Offset, source.Slice((int)(part.Offset - range.Offset), (int)part.Length), marksDirty: true);
        }
    }

    /// <summary>Copies the bytes that the store has now and did not have before into the pages that had to stay.</summary>
    private void CopyChanges(long offset, ReadOnlySpan<byte> before, ReadOnlySpan<byte> now)
    {
        for (int at = before.CommonPrefixLength(now); at < now.Length;)
        {
            int end = at;
            while (end < now.Length && before[end] != now[end]) end++;
            Copy(offset + at, now[at..end], marksDirty: false);
            at = end + before[end..].CommonPrefixLength(now[end..]);
        }
    }

    /// <summary>Copies bytes of one extent into those of its pages that are still there.</summary>
    private void Copy(long offset, ReadOnlySpan<byte> bytes, bool marksDirty)
    {
        long index = PageGeometry.ExtentOf(offset);
        var range = new ByteRange(offset, bytes.Length);
        if (map.Extents.Find(index) is not { } extent) return;
        lock (extent)
        {
            ulong stayed = extent.Resident & PageGeometry.PagesOf(index, range);
            for (; stayed != 0; stayed &= ~PageMask.FirstRun(stayed))
            {
                var part = PageGeometry.BytesOf(index, PageMask.FirstRun(stayed)).Intersect(range);
                int inside = (int)(part.Offset - PageGeometry.StartOf(index));
                PageCopy.Copy(bytes.Slice((int)(part.Offset - offset), (int)part.Length), extent.BytesAt(inside, (int)part.Length), inside);
                if (marksDirty) extent.MarkDirty(PageMask.FirstRun(stayed));
            }
        }
    }
}
