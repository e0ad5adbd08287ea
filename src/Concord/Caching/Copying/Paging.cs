using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Paging I/O of sharers: reads for their own caches, and writes of what they changed. It takes extent locks only, not
/// the file's hold, and so goes on while the file is held.
/// </summary>
/// <remarks>
/// <para>
/// A read waits, holding nothing, until a suspension of its range is resumed. A sharer's write passes a suspension
/// while the operation that set it still asks sharers for their copies: the page becomes resident and dirty, and the
/// operation writes it back before it goes on. Once the operation writes the store below the suspension, a sharer's
/// write waits as well.
/// </para>
/// <para>
/// Copies are made under the extent's lock and not under a pin, since pages are never closed to paging I/O: the lock
/// keeps a page from being dropped during the copy. So the caller's memory must be ordinary memory.
/// </para>
/// </remarks>
internal sealed class Paging(FileState file, Evictor evictor, Loader loader)
{
    /// <summary>Reads bytes for a sharer: resident pages from the section, absent ones from the store.</summary>
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
    /// Writes what a sharer changed: the pages are resident and dirty afterwards. Never makes the file longer; bytes
    /// behind its end are dropped.
    /// </summary>
    /// <returns>
    /// Whether the bytes were written. False, perhaps after the first of them were, when a lease overwrites one of the
    /// pages: its holder may wait for the operation that asks the sharer, so the sharer keeps what it has, and says
    /// that it stays.
    /// </returns>
    /// <exception cref="IOException">
    /// A page that is changed in part could not be read, there is no room, or a call of the file's store that the write
    /// waits for does not answer; the sharer keeps what it has.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The last handle was closed.</exception>
    internal async ValueTask<bool> WriteAsync(
        long offset, ReadOnlyMemory<byte> source, CallMode mode, CancellationToken cancellationToken)
    {
        for (int done = 0; ;)
        {
            // Ask first whether all is written: a file that closes after the last byte must not fail the write.
            if (done >= CountAt(offset, source.Length)) return true;
            cancellationToken.ThrowIfCancellationRequested();
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            file.ThrowIfRetired();
            int count = CountAt(offset, source.Length);
            if (done >= count) return true;

            // Write what can be written at once; then do what the step asks for, and try again.
            var step = Put(offset + done, source.Span[done..count]);
            if (step.IsHeld) return false;
            done += step.Length;
            if (step.Change is { } change)
            {
                await file.StoreWait.WaitAsync(change, mode, cancellationToken).ConfigureAwait(false);
            }

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
            extent.NoteUse(piece.Pages);
            return true;
        }
    }

    /// <summary>Writes as many bytes as it can at once, or returns what the caller must do first.</summary>
    private Step Put(long offset, ReadOnlySpan<byte> source)
    {
        var piece = ExtentSlice.First(offset, source.Length, file.Cache.PiecePagesMax);
        var extent = file.EnsureExtent(piece.Extent);
        lock (extent)
        {
            if (extent.IsRetired) return default;

            // Wait, outside the lock, while the file closes or is being cut.
            if (file.CloseGate.Opened is { } gate) return new Step(Change: gate);
            if (file.CutMeeting(offset + piece.Length) is { } cut) return new Step(Change: cut);

            // A page that is closing takes the bytes too: the call that closed it checks again before it drops it.
            ulong first = piece.Pages & (0 - piece.Pages);
            ulong writable = piece.Pages & extent.Resident & ~(extent.Writing | extent.WriteBackSuspended);
            if ((writable & first) != 0)
            {
                return CopyInLocked(extent, piece.ClipToRun(PageMask.FirstRun(writable)), offset, source);
            }

            // A leased page is left alone; a busy one is waited for; one that keeps old bytes is loaded first.
            if ((extent.Overwriting & first) != 0) return new Step(IsHeld: true);
            ulong absent = piece.Pages & ~(extent.Resident | extent.Claimed | extent.WriteBackSuspended);
            if ((absent & first) == 0) return new Step(Change: extent.NextChangeLocked());
            ulong whole = piece.WhollyCovered(offset, file.Sizes.Length) & absent;
            if ((whole & first) == 0) return new Step(Load: first);
            whole = PageMask.FirstRun(whole);
            if (loader.TryClaimLocked(extent, whole, out int room) is not { } claim) return new Step(Room: room);

            // Fill and publish under one lock, so that no purge comes between.
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
        extent.NoteUse(piece.Pages);
        return new Step(piece.Length);
    }

    /// <summary>
    /// The result of one try: bytes written; a change, room or pages to wait for; or a page that a lease overwrites.
    /// </summary>
    private readonly record struct Step(
        int Length = 0, Signal? Change = null, int Room = 0, ulong Load = PageMask.None, bool IsHeld = false);
}
