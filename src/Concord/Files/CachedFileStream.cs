using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A cached file as a stream: the counterpart of <see cref="FileStream"/>, over pages that stay in memory.
/// </summary>
/// <remarks>
/// <para>
/// Behaves as <see cref="FileStream"/> does, with the same exceptions, positions and lengths. What is in memory is
/// read and written without allocation, lock or system call, and asynchronous calls for it complete at once.
/// </para>
/// <para>
/// <see cref="Flush()"/> hands what was written through this stream to the store, as <see cref="FileStream"/> hands it
/// to the system: other programs see it, and it outlives this process. It is not durable: programs flush streams
/// often (a <see cref="StreamWriter"/> that flushes each line), and a barrier each time would cost a thousand times as
/// much. <see cref="Flush(bool)"/> with true makes the whole file durable, and so does disposing a stream that owns
/// its file. A write that is never flushed reaches the store with the lazy writer, or with
/// <see cref="WriteMode.HandOver"/> before the write returns.
/// </para>
/// <para>
/// Not safe for use by several threads at once, as streams are: one call at a time. Any number of streams on one file
/// may be used at the same time; each has its own position.
/// </para>
/// <para>
/// Disposing a stream that owns its file closes it (see <see cref="CachedFile.Close"/>): if that fails, the error is
/// thrown, the stream is closed, and the file is kept in <see cref="FileCache.FailedFiles"/> with every byte. A stream
/// made with leaveOpen leaves the file, and what was written, as they are.
/// </para>
/// </remarks>
public sealed partial class CachedFileStream : Stream
{
    private readonly FileOperations _file;
    private readonly bool _leaveOpen;
    private bool _isDisposed;
    private long _position;
    private Task<int>? _lastRead;

    internal CachedFileStream(FileOperations file, bool leaveOpen)
    {
        _file = file;
        _leaveOpen = leaveOpen;
    }

    /// <summary>Whether the stream is open and its file was opened for reading.</summary>
    public override bool CanRead => IsOpen && _file.CanRead;

    /// <summary>Whether the stream is open: every file has offsets.</summary>
    public override bool CanSeek => IsOpen;

    /// <summary>Whether the stream is open and its file takes writes.</summary>
    public override bool CanWrite => IsOpen && _file.CanWrite;

    /// <summary>The file's length in bytes.</summary>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    public override long Length
    {
        get
        {
            ThrowIfClosed();
            return _file.Length;
        }
    }

    /// <summary>Where the next read or write begins, 0 or more; may lie beyond the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative; the position is as before.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    public override long Position
    {
        get
        {
            ThrowIfClosed();
            return _position;
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ThrowIfClosed();
            _position = value;
        }
    }

    private bool IsOpen => !_isDisposed && !_file.IsClosed;

    /// <summary>Moves the position. Does not block.</summary>
    /// <param name="offset">Bytes from the origin, of either sign.</param>
    /// <param name="origin">The beginning, the position, or the end.</param>
    /// <returns>The new position.</returns>
    /// <exception cref="ArgumentException"><paramref name="origin"/> is none of the three.</exception>
    /// <exception cref="IOException">The new position would be before the beginning; it is as before.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    public override long Seek(long offset, SeekOrigin origin)
    {
        if (origin is < SeekOrigin.Begin or > SeekOrigin.End)
            throw new ArgumentException("the origin is Begin, Current or End", nameof(origin));
        ThrowIfClosed();
        long start = origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => _file.Length };
        long target = unchecked(start + offset);
        if (target < 0)
            throw new IOException($"cannot move to {offset} bytes from {start}: that is no position in a file");
        return _position = target;
    }

    /// <summary>
    /// Sets the file's length, as <see cref="FileOperations.SetLength"/> does; a position beyond the new end moves to
    /// it. Blocks.
    /// </summary>
    /// <param name="value">The new length in bytes, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or longer than a file can be.</exception>
    /// <exception cref="IOException">The store refused, or a lease holds pages beyond the new end.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public override void SetLength(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ThrowIfNotWritable();
        _file.SetLength(value);
        _position = Math.Min(_position, value);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        var call = ReadAsync(buffer.AsMemory(offset, count), cancellationToken);
        if (!call.IsCompletedSuccessfully) return call.AsTask();

        // Readers often ask for the same number of bytes: return the same object then.
        int read = call.Result;
        return _lastRead is { } last && last.Result == read ? last : _lastRead = Task.FromResult(read);
    }

    /// <summary>Reads at the position and moves it, without blocking the caller.</summary>
    /// <param name="buffer">Where the bytes go; must not be touched until the call has completed.</param>
    /// <param name="cancellationToken">Stops the call; the position is as before.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; the position is as before.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<int>(cancellationToken);
        ThrowIfClosed();
        var call = _file.ReadAsync(_position, buffer, cancellationToken);
        if (!call.IsCompletedSuccessfully)
            return ReadMissingAsync(call, (int)Math.Clamp(_file.Length - _position, 0, buffer.Length));
        int count = call.Result;
        _position += count;
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback,
        object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Writes at the position and moves it, without blocking the caller.</summary>
    /// <param name="buffer">The bytes; they must not change until the call has completed.</param>
    /// <param name="cancellationToken">Stops the call; some of the bytes may be in the file.</param>
    /// <exception cref="IOException">
    /// The cache is full, or a page could not be read; some of the bytes may be in the file.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The end would lie beyond what a file can have.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        ThrowIfNotWritable();
        if (buffer.IsEmpty) return ValueTask.CompletedTask;
        NoteWrite(buffer.Length);
        var call = _file.WriteAsync(_position, buffer, cancellationToken);
        if (!call.IsCompletedSuccessfully) return WriteMissingAsync(call, buffer.Length);
        _position += buffer.Length;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback,
        object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    /// <summary>Closes the stream, and its file if it owns that, without blocking the caller.</summary>
    /// <returns>
    /// A task that completes when that is done; it fails as <see cref="Stream.Dispose()"/> would throw.
    /// </returns>
    public override async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _cursor = null;
        if (!_leaveOpen) await _file.EndAsync(CallMode.Async).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isDisposed || !disposing) return;
        _isDisposed = true;
        _cursor = null;
        if (!_leaveOpen) SyncCompletion.Wait(_file.EndAsync(CallMode.Blocking));
    }

    /// <summary>
    /// Moves the position at once, as a file stream does, so that a call begun before this one has ended goes on behind
    /// it; moves it back by the bytes that were not read.
    /// </summary>
    private async ValueTask<int> ReadMissingAsync(ValueTask<int> call, int expected)
    {
        Interlocked.Add(ref _position, expected);
        int count = 0;
        try
        {
            return count = await call.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _position, count - expected);
        }
    }

    /// <summary>As for reads: moves the position at once, and back if the write fails.</summary>
    private async ValueTask WriteMissingAsync(ValueTask call, int count)
    {
        Interlocked.Add(ref _position, count);
        try
        {
            await call.ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Add(ref _position, -count);
            throw;
        }
    }

    private void ThrowIfNotWritable()
    {
        ThrowIfClosed();
        if (!_file.CanWrite)
            throw new NotSupportedException($"{_file.Label} was opened for reading; open it for reading and writing");
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(!IsOpen, this);
}
