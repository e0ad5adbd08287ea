using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Reads and writes that go to the store itself, coherent with every copy. A read flushes the range and reads the
/// store. A write flushes, purges and suspends the range (<see cref="Suspension"/>), writes the store, copies the new
/// bytes into pages that had to stay, and resumes. Called with the file held exclusively.
/// </summary>
internal sealed class UncachedIO(
    FileState file, CoherentOperation operation, PagesBehindEnd behindEnd, LengthAgreement lengths)
{
    private readonly FileWriteBack _writeBack = new(file);

    /// <summary>Flushes what is cached of the range, drops nothing, and reads the store.</summary>
    internal async ValueTask<int> ReadAsync(
        object listener, long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken)
    {
        int count = (int)Math.Clamp(file.Sizes.Length - offset, 0, destination.Length);
        if (count == 0) return 0;
        var range = new ByteRange(offset, count);
        file.ThrowIfSuspended(range);
        await operation.RunAsync(
            listener, range, CoherencyOptions.NoPurge, mode, cancellationToken).ConfigureAwait(false);
        await PageFill.ReadOrClearAsync(file.Store, offset, destination[..count], mode, cancellationToken)
            .ConfigureAwait(false);
        return count;
    }

    /// <summary>
    /// Flushes, purges and suspends the range, writes the store, and resumes the range. Pages that had to stay get the
    /// new bytes as well.
    /// </summary>
    internal async ValueTask<CoherencyResult> WriteAsync(
        object listener, long offset, ReadOnlyMemory<byte> source, CallMode mode, CancellationToken cancellationToken)
    {
        var range = new ByteRange(offset, source.Length);

        // Between the file's end and the write there are zeros: take over first what another program appended, and
        // clear what views wrote there.
        if (offset > file.Sizes.Length) await lengths.AdmitAppendedAsync(mode, cancellationToken).ConfigureAwait(false);
        if (file.LeavesGap(offset)) await behindEnd.ForgetAsync(mode).ConfigureAwait(false);
        var (suspension, result) = await SuspendAndPurgeAsync(
            listener, range, mode, cancellationToken).ConfigureAwait(false);
        try
        {
            if (file.Scheduler.InjectsFault(InjectedFault.ResumedEarly)) suspension.Resume();
            try
            {
                await file.Store.WriteAsync(offset, [source], mode).ConfigureAwait(false);
            }
            catch
            {
                // The store may have taken a part all the same.
                long? reached = await file.Store.LengthOrNoneAsync(mode).ConfigureAwait(false);
                Admit(range, reached ?? 0);
                throw;
            }

            // The store has the new bytes: raise the length, and copy them into the pages that stayed.
            Admit(range, range.End);
            CopyIntoWhatStayed(range, source.Span);
            return result;
        }
        finally
        {
            suspension.Resume();
        }
    }

    /// <summary>
    /// Flushes, purges and suspends the range, for a holder that writes the store itself. Writes back pages that stay,
    /// and remembers the store's bytes of them.
    /// </summary>
    internal async ValueTask<(Suspension Suspension, CoherencyResult Result)> SuspendAsync(
        object listener, ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var (suspension, result) = await SuspendAndPurgeAsync(
            listener, range, mode, cancellationToken).ConfigureAwait(false);
        try
        {
            // Write back what sharers and leases wrote last, before the holder writes the store.
            var (_, error) = await _writeBack.WriteAsync(
                suspension.PageRange, mode, cancellationToken).ConfigureAwait(false);
            if (error is not null)
            {
                file.Errors.Tell(listener, range);
                throw new WriteBackException(
                    $"writing back {file.Store.Label} failed: {ShownText.Of(error)}; nothing is suspended",
                    result,
                    error);
            }

            // Remember the store's bytes of pages that stayed: those that differ later are what the holder wrote.
            var before = new List<(long, byte[])>();
            foreach (var part in WhatStayed(range))
            {
                byte[] bytes = new byte[part.Length];
                await PageFill.ReadOrClearAsync(file.Store, part.Offset, bytes, mode, cancellationToken)
                    .ConfigureAwait(false);
                before.Add((part.Offset, bytes));
            }

            suspension.Before = before;
            return (suspension, result);
        }
        catch
        {
            suspension.Resume();
            throw;
        }
    }

    /// <summary>Resumes the range, and takes over what the store has now.</summary>
    /// <exception cref="IOException">The store cannot be asked; the suspension stays.</exception>
    internal async ValueTask ResumeAsync(Suspension suspension, CallMode mode, CancellationToken cancellationToken)
    {
        // A barrier is owed whatever comes of this call: the range may be resumed without it.
        file.Ledger.NoteAccepted();

        // Make the file as long as the holder wrote.
        long reached = await file.Store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false);
        if (reached > file.Sizes.Length && file.LeavesGap(suspension.Range.Offset))
        {
            await behindEnd.ForgetAsync(mode).ConfigureAwait(false);
        }
        Admit(suspension.Range, reached);

        // Copy what the holder changed into the pages that stayed.
        foreach (var (offset, before) in suspension.Before)
        {
            byte[] now = new byte[before.Length];
            await PageFill.ReadOrClearAsync(file.Store, offset, now, mode, cancellationToken).ConfigureAwait(false);
            CopyChanges(offset, before, now);
        }

        suspension.Resume();
    }

    /// <summary>
    /// Runs the one operation with a suspension of the range, up to the point where the store may be written.
    /// </summary>
    private async ValueTask<(Suspension Suspension, CoherencyResult Result)> SuspendAndPurgeAsync(
        object listener, ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var suspension = new Suspension(file, range);
        file.AddSuspension(suspension);
        try
        {
            var result = await operation.RunAsync(
                listener, range, CoherencyOptions.None, mode, cancellationToken, suspension).ConfigureAwait(false);
            suspension.SuspendWriteBack();
            await _writeBack.WaitForWritesInFlightAsync(suspension.PageRange, mode).ConfigureAwait(false);
            return (suspension, result);
        }
        catch
        {
            suspension.Resume();
            throw;
        }
    }

    /// <summary>
    /// The store was written, or may have been: notes that a barrier is owed, and raises the lengths as far as the
    /// store reaches, so that its bytes there count as valid.
    /// </summary>
    private void Admit(ByteRange range, long storeLength)
    {
        file.Ledger.NoteAccepted();
        long reached = Math.Min(range.End, storeLength);
        file.Sizes.StoredUpTo(reached);
        file.Sizes.WroteUpTo(reached);
    }

    /// <summary>The parts of a range that are still in memory, a run of pages of one extent each.</summary>
    private List<ByteRange> WhatStayed(ByteRange range)
    {
        var parts = new List<ByteRange>();
        foreach (var extent in file.Extents.In(range))
        {
            lock (extent)
            {
                ulong stayed = extent.Resident & PageGeometry.PagesOf(extent.Index, range);
                foreach (var run in PageRuns.Of(extent.Index, stayed)) parts.Add(run.Intersect(range));
            }
        }

        return parts;
    }

    /// <summary>
    /// Gives the new bytes to pages that had to stay. They are dirty then: a write-back of theirs that was under way
    /// may have put their old bytes over the new ones in the store.
    /// </summary>
    private void CopyIntoWhatStayed(ByteRange range, ReadOnlySpan<byte> source)
    {
        foreach (var part in WhatStayed(range))
        {
            Copy(part.Offset, source.Slice((int)(part.Offset - range.Offset), (int)part.Length), marksDirty: true);
        }
    }

    /// <summary>
    /// Copies the bytes that the store has now and did not have before into the pages that had to stay.
    /// </summary>
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
        if (file.Extents.Find(index) is not { } extent) return;
        lock (extent)
        {
            ulong stayed = extent.Resident & PageGeometry.PagesOf(index, range);
            foreach (ulong run in PageMask.Runs(stayed))
            {
                var part = PageGeometry.BytesOf(index, run).Intersect(range);
                int inside = (int)(part.Offset - PageGeometry.StartOf(index));
                PageCopy.Copy(bytes.Slice(
                    (int)(part.Offset - offset), (int)part.Length), extent.BytesAt(inside, (int)part.Length), inside);
                if (marksDirty) extent.MarkDirty(run);
            }
        }
    }
}
