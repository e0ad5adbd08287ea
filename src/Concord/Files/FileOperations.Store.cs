using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

// Changes of the file's length, discards, and uncached reads and writes.
public abstract partial class FileOperations
{
    /// <summary>
    /// Sets the file's length. A cut drops what lies beyond it, dirty or not; an extension reads as zeros. Blocks.
    /// </summary>
    /// <param name="length">The new length in bytes, 0 or more.</param>
    /// <exception cref="PagesHeldException">
    /// A lease, or a copy that does not end, holds pages beyond the new end: nothing has changed.
    /// </exception>
    /// <exception cref="IOException">
    /// The store refused: nothing has changed. Or the store answered with an
    /// error and has the new length all the same: then the file has it too, as <see cref="Length"/> says.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="length"/> is negative, or longer than the longest file, of 32 TiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public void SetLength(long length)
    {
        CheckLength(length);
        SyncCompletion.Wait(SetLengthAsync(length, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Sets the file's length, as <see cref="SetLength"/> does, without blocking the caller.</summary>
    /// <param name="length">The new length in bytes, 0 or more.</param>
    /// <param name="cancellationToken">Stops waiting for the file; nothing has changed then.</param>
    /// <exception cref="PagesHeldException">
    /// A lease, or a copy that does not end, holds pages beyond the new end: nothing has changed.
    /// </exception>
    /// <exception cref="IOException">
    /// The store refused: nothing has changed. Or the store answered with an
    /// error and has the new length all the same: then the file has it too, as <see cref="Length"/> says.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="length"/> is negative, or longer than the longest file, of 32 TiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public ValueTask SetLengthAsync(long length, CancellationToken cancellationToken = default)
    {
        CheckLength(length);
        return SetLengthAsync(length, CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Drops the pages that lie wholly in a range without writing them: what was written there and never flushed is
    /// gone. Blocks. NT: CcPurgeCacheSection.
    /// </summary>
    /// <param name="range">The bytes; bytes of a page that the range does not cover wholly are kept.</param>
    /// <param name="waitForLeases">Whether to wait for pages under a lease, instead of keeping them.</param>
    /// <returns>Whether every page was dropped.</returns>
    /// <exception cref="IOException">
    /// A call of the file's store, which another caller has made, does not answer (<see
    /// cref="FileCacheOptions.StoreWaitTimeout"/>): some of the pages may be gone, the others are as before.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public bool Discard(ByteRange range, bool waitForLeases = false)
    {
        CheckDiscard();
        return SyncCompletion.Result(DiscardAsync(range, waitForLeases, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Drops pages unwritten, as <see cref="Discard"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes; bytes of a page that the range does not cover wholly are kept.</param>
    /// <param name="waitForLeases">Whether to wait for pages under a lease, instead of keeping them.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is dropped then.</param>
    /// <returns>Whether every page was dropped.</returns>
    /// <inheritdoc cref="Discard" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public ValueTask<bool> DiscardAsync(
        ByteRange range, bool waitForLeases = false, CancellationToken cancellationToken = default)
    {
        CheckDiscard();
        return DiscardAsync(range, waitForLeases, CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Reads from the store itself, after flushing what is cached of the range. Drops nothing. Blocks.
    /// </summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="WriteBackException">The flush failed; what failed is still cached, dirty.</exception>
    /// <exception cref="IOException">The store could not be read.</exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public int ReadUncached(long offset, Memory<byte> destination)
    {
        _ = CountToRead(offset, destination.Length);
        return SyncCompletion.Result(ReadUncachedAsync(offset, destination, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Reads from the store itself, as <see cref="ReadUncached"/> does, without blocking the caller.</summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Stops the call; the destination may hold some bytes.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="WriteBackException">The flush failed; what failed is still cached, dirty.</exception>
    /// <exception cref="IOException">The store could not be read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public ValueTask<int> ReadUncachedAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        _ = CountToRead(offset, destination.Length);
        return ReadUncachedAsync(offset, destination, CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Writes to the store itself: flushes and purges the range, suspends it until the store has answered, and copies
    /// the new bytes into pages that had to stay. Not durable before the next flush. Blocks.
    /// </summary>
    /// <param name="offset">The first byte, 0 or more; the file grows when the end lies beyond its length.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>What the flush and purge did, and what stayed.</returns>
    /// <exception cref="WriteBackException">
    /// The flush failed; the store was not written, and nothing is lost.
    /// </exception>
    /// <exception cref="IOException">
    /// The store refused; any part of the bytes may be in it, and the file may be longer.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> is negative, or the end lies beyond the longest file, of 32 TiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public CoherencyResult WriteUncached(long offset, ReadOnlyMemory<byte> source)
    {
        CheckWrite(offset, source.Length);
        return SyncCompletion.Result(WriteUncachedAsync(offset, source, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Writes to the store itself, as <see cref="WriteUncached"/> does, without blocking the caller.</summary>
    /// <param name="offset">The first byte, 0 or more; the file grows when the end lies beyond its length.</param>
    /// <param name="source">The bytes; they must not change until the call has completed.</param>
    /// <param name="cancellationToken">Stops the call before the store is written.</param>
    /// <returns>What the flush and purge did, and what stayed.</returns>
    /// <exception cref="WriteBackException">
    /// The flush failed; the store was not written, and nothing is lost.
    /// </exception>
    /// <exception cref="IOException">
    /// The store refused; any part of the bytes may be in it, and the file may be longer.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> is negative, or the end lies beyond the longest file, of 32 TiB.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public ValueTask<CoherencyResult> WriteUncachedAsync(
        long offset, ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        CheckWrite(offset, source.Length);
        return WriteUncachedAsync(offset, source, CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Gives the file its log, for good and for all handles: before a page that carries one of its numbers goes to the
    /// store, by any call and for any reason, the log is flushed up to it. A log that cannot be flushed is a failed
    /// write: the pages stay dirty and keep their numbers. Call it before the first lease that carries one; see
    /// <see cref="PageLease.SetLogSequence"/>. Does not block. NT: CcSetLogHandleForFile.
    /// </summary>
    /// <param name="log">The log.</param>
    /// <exception cref="ArgumentNullException"><paramref name="log"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The file has another log.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void SetLog(WriteAheadLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        ThrowIfClosed();
        ThrowIfReadOnly();
        State.SetLog(log);
    }

    private void CheckDiscard()
    {
        ThrowIfClosed();
        ThrowIfReadOnly();
    }

    private async ValueTask<bool> DiscardAsync(
        ByteRange range, bool waitForLeases, CallMode mode, CancellationToken cancellationToken)
    {
        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            State.ThrowIfSuspended(range);
            return await Services.Discarding
                .DiscardAsync(range, waitForLeases, mode, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ReleaseExclusive();
        }
    }

    private void CheckLength(long length)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, FileState.LengthMax);
        ThrowIfReadOnly();
        if (length > State.LengthLimit) throw TooLong(length);
    }

    private async ValueTask SetLengthAsync(long length, CallMode mode, CancellationToken cancellationToken)
    {
        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            State.ThrowIfSuspended(new ByteRange(0, long.MaxValue));
            await Services.SizeChanges.SetLengthAsync(length, mode, cancellationToken).ConfigureAwait(false);
            await EndWriteAsync(new ByteRange(0, long.MaxValue), mode).ConfigureAwait(false);
        }
        finally
        {
            ReleaseExclusive();
        }
    }

    private async ValueTask<int> ReadUncachedAsync(
        long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken)
    {
        if (Bounce.IsNeeded(destination.Span))
            return await ReadBouncedAsync(offset, destination, isUncached: true, mode, cancellationToken)
                .ConfigureAwait(false);
        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            return await Services.UncachedIO.ReadAsync(Listener, offset, destination, mode, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            ReleaseExclusive();
        }
    }

    private async ValueTask<CoherencyResult> WriteUncachedAsync(
        long offset, ReadOnlyMemory<byte> source, CallMode mode, CancellationToken cancellationToken)
    {
        if (source.IsEmpty) return new CoherencyResult(CoherencyStatus.Success, 0, 0, 0, []);

        // A source in a view of this process is copied to other memory first.
        if (Bounce.IsNeeded(source.Span))
            return await WriteUncachedBouncedAsync(offset, source, mode, cancellationToken).ConfigureAwait(false);
        if (!HoldsExclusively)
        {
            await Services.Gates.PassLimitAsync(offset, mode, cancellationToken).ConfigureAwait(false);
        }

        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            // Write, then make the bytes durable if each write of the handle is to be.
            var result = await Services.UncachedIO
                .WriteAsync(Listener, offset, source, mode, cancellationToken).ConfigureAwait(false);
            await EndWriteAsync(new ByteRange(offset, source.Length), mode).ConfigureAwait(false);
            return result;
        }
        finally
        {
            ReleaseExclusive();
        }
    }
}
