using System.Buffers;
using System.IO.Pipelines;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord;

// Streams, buffer writers and sequences over the file.
public abstract partial class FileOperations
{
    /// <summary>The least length of memory to ask a buffer writer for: a page.</summary>
    private const int WriterBytesMin = 4096;

    /// <summary>
    /// How many bytes a pipe gets before it is flushed: as many as a pipe holds by default before its writer waits.
    /// </summary>
    private const int FlushedBytes = 64 << 10;

    /// <summary>The file as a stream with a position of its own. Does not block.</summary>
    /// <param name="leaveOpen">
    /// Whether disposing the stream leaves this object as it is. Otherwise it is closed with the stream: see
    /// <see cref="CachedFileStream"/> for what that means where a write fails.
    /// </param>
    /// <returns>The stream; its position is 0. A file can have any number of them.</returns>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public CachedFileStream AsStream(bool leaveOpen = false)
    {
        ThrowIfClosed();
        return new CachedFileStream(this, leaveOpen);
    }

    /// <summary>
    /// Reads bytes straight into the memory of a buffer writer and advances it: there is only this copy. The writer has
    /// all of them in its memory when the call returns: for a pipe or an HTTP response take <see
    /// cref="ReadToAsync(PipeWriter, long, long, CancellationToken)"/>, which flushes as it goes. Blocks for what the
    /// cache does not have; allocates nothing itself.
    /// </summary>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="length">How many bytes at most, 0 or more.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> or <paramref name="length"/> is negative.
    /// </exception>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; the writer was advanced by what came before.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public long ReadTo(IBufferWriter<byte> destination, long offset, long length)
    {
        CheckReadTo(destination, offset, length);
        long done = 0;
        while (done < length && offset + done < Length)
        {
            long rest = Math.Min(length - done, Length - offset - done);
            var space = destination.GetSpan((int)Math.Clamp(rest, 1, WriterBytesMin));
            int count = Read(offset + done, space[..(int)Math.Clamp(rest, 0, space.Length)]);
            if (count == 0) break;
            destination.Advance(count);
            done += count;
        }

        return done;
    }

    /// <summary>
    /// Reads into a buffer writer, as <see cref="ReadTo"/> does, without blocking the caller. Flushes nothing.
    /// </summary>
    /// <param name="destination">Where the bytes go; must not be used otherwise until the call has completed.</param>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="length">How many bytes at most, 0 or more.</param>
    /// <param name="cancellationToken">Stops the call; the writer was advanced by what came before.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <inheritdoc cref="ReadTo" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public ValueTask<long> ReadToAsync(
        IBufferWriter<byte> destination, long offset, long length, CancellationToken cancellationToken = default)
    {
        CheckReadTo(destination, offset, length);
        return CopyAsync();

        async ValueTask<long> CopyAsync()
        {
            long done = 0;
            while (done < length && offset + done < Length)
            {
                long rest = Math.Min(length - done, Length - offset - done);
                var space = destination.GetMemory((int)Math.Clamp(rest, 1, WriterBytesMin));
                space = space[..(int)Math.Clamp(rest, 0, space.Length)];
                int count = await ReadAsync(offset + done, space, cancellationToken).ConfigureAwait(false);
                if (count == 0) break;
                destination.Advance(count);
                done += count;
            }

            return done;
        }
    }

    /// <summary>
    /// Reads into a pipe, such as the body of an HTTP response, and flushes it as it goes: while its reader is slow the
    /// call waits, and the pipe never has more than it takes before its writer is to wait, and 64 KiB. There is one
    /// copy, into the pipe's own memory. Does not block the caller.
    /// </summary>
    /// <param name="destination">Where the bytes go; must not be used otherwise until the call has completed.</param>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="length">How many bytes at most, 0 or more.</param>
    /// <param name="cancellationToken">Stops the call; the pipe has what came before.</param>
    /// <returns>
    /// How many bytes were read and flushed: all, or fewer where the file ends, or where the pipe's reader has
    /// completed and wants no more.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="destination"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> or <paramref name="length"/> is negative.
    /// </exception>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; the pipe has what came before.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The call was cancelled, or its flush (<see cref="PipeWriter.CancelPendingFlush"/>): the pipe has what came
    /// before.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Or the pipe's writer was
    /// completed.
    /// </exception>
    public ValueTask<long> ReadToAsync(
        PipeWriter destination, long offset, long length, CancellationToken cancellationToken = default)
    {
        CheckReadTo(destination, offset, length);
        return CopyAsync();

        async ValueTask<long> CopyAsync()
        {
            long done = 0;
            while (done < length)
            {
                long read = await ReadToAsync((IBufferWriter<byte>)destination, offset + done,
                    Math.Min(length - done, FlushedBytes), cancellationToken).ConfigureAwait(false);
                if (read == 0) break;
                done += read;
                var flushed = await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
                if (flushed.IsCanceled) throw new OperationCanceledException("the flush of the pipe was cancelled");
                if (flushed.IsCompleted) break;
            }

            return done;
        }
    }

    /// <summary>
    /// Holds pages in place as a sequence, for parsers that take one. It has any length, whereas a lease is one span of
    /// at most 2 GiB. It is one segment unless the range crosses a multiple of 1 GiB. Loads absent pages; blocks for
    /// that.
    /// </summary>
    /// <param name="range">The bytes, within the file; not empty.</param>
    /// <returns>The leased sequence, for reading; dispose it soon.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or ends beyond the file.</exception>
    /// <exception cref="IOException">The store could not be read, or the cache is full; no page is held.</exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public LeasedSequence LeaseSequence(ByteRange range)
    {
        CheckSequence(range);
        return SyncCompletion.Result(LeaseSequenceAsync(range, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>
    /// Holds pages in place as a sequence, as <see cref="LeaseSequence"/> does, without blocking the caller.
    /// </summary>
    /// <param name="range">The bytes, within the file; not empty.</param>
    /// <param name="cancellationToken">Stops the call; no page is held then.</param>
    /// <returns>The leased sequence, for reading; dispose it soon.</returns>
    /// <inheritdoc cref="LeaseSequence" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public ValueTask<LeasedSequence> LeaseSequenceAsync(ByteRange range, CancellationToken cancellationToken = default)
    {
        CheckSequence(range);
        return LeaseSequenceAsync(range, CallMode.Async, cancellationToken);
    }

    private void CheckReadTo(IBufferWriter<byte> destination, long offset, long length)
    {
        ThrowIfUnreadable();
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
    }

    /// <summary>Checks as for a lease, except that a sequence may be longer.</summary>
    private void CheckSequence(ByteRange range)
    {
        long length = Math.Min(range.Length, int.MaxValue);
        CheckLease(new ByteRange(range.End - length, length), LeaseAccess.Read);
    }

    private async ValueTask<LeasedSequence> LeaseSequenceAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var leases = new List<PageLease>();
        try
        {
            // Windows of a section begin at multiples of their least length:
            // between two multiples memory is contiguous.
            for (long at = range.Offset; at < range.End || leases.Count == 0;)
            {
                long next = Math.Min(range.End, ((at / Section.WindowBytesMin) + 1) * Section.WindowBytesMin);
                var piece = ByteRange.FromBounds(at, next);
                CheckLease(piece, LeaseAccess.Read);
                leases.Add(await Services.Leasing.TakeAsync(piece, LeaseAccess.Read, HoldsExclusively, mode,
                    cancellationToken).ConfigureAwait(false));
                at = next;
            }
        }
        catch
        {
            foreach (var lease in leases) lease.Dispose();
            throw;
        }

        return new LeasedSequence(range, leases);
    }
}
