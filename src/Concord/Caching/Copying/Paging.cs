using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Paging I/O of those who share the file: reads for their own caches, and writes of what they changed. It takes extent
/// state only, and so goes on while the file is held.
/// </summary>
/// <remarks>
/// <para>
/// A suspension keeps reads out until it is resumed; they wait for it holding nothing. What is written down passes a
/// suspension as long as the operation that set it still asks sharers for their copies: the page becomes resident and
/// dirty, and the operation writes it back before it goes on. From when the store is written below the suspension it
/// waits as well.
/// </para>
/// <para>
/// Copies are made under the extent's lock and not under a pin, since nothing closes pages to paging I/O: a page can
/// neither be dropped nor given back inside one. The caller's memory must be ordinary memory for that reason.
/// </para>
/// </remarks>
internal sealed class Paging(FileState file, Evictor evictor, Loader loader)
{
    /// <summary>Reads bytes for a sharer, from the section and from the store what is not there.</summary>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="IOException">The store could not be read, or there is no room.</exception>
    /// <exception cref="ObjectDisposedException">The last handle was closed.</exception>
    internal async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken)
    {
        for (int done = 0; ;)
        {
            int count = CountAt(offset, destination.Length);
            if (done >= count) return count;
            var piece = ExtentSlice.First(offset + done, count - done, file.Cache.PiecePagesMax);
            if (TryCopyOut(piece, destination.Span[done..])) done += piece.Length;
            else
            {
                await loader.EnsureResidentAsync(
                    piece.Extent, piece.Pages, mode, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Writes down what a sharer changed: the pages are resident and dirty then. Never makes the file longer: what lies
    /// behind its end is nobody's.
    /// </summary>
    /// <returns>
    /// Whether the bytes were written. False, perhaps after the first of them were, when a lease overwrites one of the
    /// pages: its holder may wait for the operation that asks the sharer, so the sharer keeps what it has, and says
    /// that it stays.
    /// </returns>
    /// <exception cref="IOException">
    /// A page that is changed in part could not be read, or there is no room; the sharer keeps what it has.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The last handle was closed.</exception>
    internal async ValueTask<bool> WriteAsync(
        long offset, ReadOnlyMemory<byte> source, CallMode mode, CancellationToken cancellationToken)
    {
        for (int done = 0; ;)
        {
            // First, or who wrote everything would be told that the file is gone, when it goes right after that.
            if (done >= CountAt(offset, source.Length)) return true;
            cancellationToken.ThrowIfCancellationRequested();
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            file.ThrowIfRetired();
            int count = CountAt(offset, source.Length);
            if (done >= count) return true;
            var step = Put(offset + done, source.Span[done..count]);
            if (step.IsHeld) return false;
            done += step.Length;
            if (step.Change is { } change) await change.WaitAsync(mode).ConfigureAwait(false);
            if (step.Room > 0)
            {
                await evictor.MakeRoomAsync(file, step.Room, mode, cancellationToken).ConfigureAwait(false);
            }

            if (step.Load != PageMask.None)
            {
                long index = PageGeometry.ExtentOf(offset + done);
                await loader.EnsureResidentForSharerAsync(
                    index, step.Load, mode, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private int CountAt(long offset, int length) => (int)Math.Clamp(file.Sizes.Length - offset, 0, length);

    private bool TryCopyOut(ExtentSlice piece, Span<byte> destination)
    {
        if (file.Extents.Find(piece.Extent) is not { } extent) return false;
        lock (extent)
        {
            if ((extent.Readable & piece.Pages) != piece.Pages) return false;
            PageCopy.Copy(extent.BytesAt(piece.Inside, piece.Length), destination[..piece.Length], piece.Inside);
            extent.WasUsed = true;
            return true;
        }
    }

    /// <summary>Writes as many bytes as can be now, or says what has to be done first.</summary>
    private Step Put(long offset, ReadOnlySpan<byte> source)
    {
        var piece = ExtentSlice.First(offset, source.Length, file.Cache.PiecePagesMax);
        var extent = file.EnsureExtent(piece.Extent);
        lock (extent)
        {
            if (extent.IsRetired) return default;
            if (file.CloseGate.Opened is { } gate) return new Step(Change: gate);
            if (file.CutMeeting(offset + piece.Length) is { } cut) return new Step(Change: cut);

            // A page that is closing may be written: whoever closed it looks again before he drops it.
            ulong first = piece.Pages & (0 - piece.Pages);
            ulong writable = piece.Pages & extent.Resident & ~(extent.Writing | extent.WriteBackSuspended);
            if ((writable & first) != 0)
            {
                return CopyInLocked(extent, piece.ClipToRun(PageMask.FirstRun(writable)), offset, source);
            }

            if ((extent.Overwriting & first) != 0) return new Step(IsHeld: true);
            ulong absent = piece.Pages & ~(extent.Resident | extent.Claimed | extent.WriteBackSuspended);
            if ((absent & first) == 0) return new Step(Change: extent.NextChangeLocked());
            ulong whole = piece.WhollyCovered(offset, file.Sizes.Length) & absent;
            if ((whole & first) == 0) return new Step(Load: first);
            whole = PageMask.FirstRun(whole);
            if (loader.TryClaimLocked(extent, whole, out int room) is not { } claim) return new Step(Room: room);

            // Filled and published under one lock, so that no purge comes between.
            piece = piece.ClipToRun(whole);
            PageOverwrite.Fill(file, piece, extent, claim, source);
            return new Step(piece.Length);
        }
    }

    private Step CopyInLocked(Extent extent, ExtentSlice piece, long offset, ReadOnlySpan<byte> source)
    {
        PageCopy.Copy(source[..piece.Length], extent.BytesAt(piece.Inside, piece.Length), piece.Inside);
        file.Sizes.WroteUpTo(offset + piece.Length);
        extent.MarkDirty(piece.Pages);
        extent.WasUsed = true;
        return new Step(piece.Length);
    }

    /// <summary>
    /// What came of one try: bytes written; a change, room or pages to be waited for; or a page that a lease
    /// overwrites.
    /// </summary>
    private readonly record struct Step(
        int Length = 0, Signal? Change = null, int Room = 0, ulong Load = PageMask.None, bool IsHeld = false);
}
