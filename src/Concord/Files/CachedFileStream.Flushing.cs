using Concord.Scheduling;

namespace Concord;

// The range written through this stream and not handed to the store yet, and the calls that hand it over.
public sealed partial class CachedFileStream
{
    // What the next Flush has to hand over: from the first byte written since the last one to the end of the last byte,
    // or of the page in which short calls have written.
    private long _writtenFrom = long.MaxValue, _writtenTo;

    /// <summary>
    /// Hands what was written through this stream to the store; not durable. Blocks; does nothing where nothing was
    /// written.
    /// </summary>
    /// <exception cref="IOException">
    /// The store refused: what it refused is kept, and the next flush tries again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    public override void Flush() => SyncCompletion.Wait(HandOverAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>
    /// Hands what was written to the store, as <see cref="Flush()"/> does, and makes the whole file durable if asked.
    /// Blocks.
    /// </summary>
    /// <param name="flushToDisk">
    /// Whether everything written to the file, through any handle, is to survive a loss of power.
    /// </param>
    /// <exception cref="IOException">
    /// The store refused: what it refused is kept, and the next flush tries again. With a barrier a <see
    /// cref="WriteBackException"/>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public void Flush(bool flushToDisk)
    {
        if (!flushToDisk)
        {
            Flush();
            return;
        }

        ThrowIfClosed();
        _file.Flush();
        ForgetWrites();
    }

    /// <summary>Flushes, as <see cref="Flush(bool)"/> does, without blocking the caller.</summary>
    /// <param name="flushToDisk">
    /// Whether everything written to the file, through any handle, is to survive a loss of power.
    /// </param>
    /// <param name="cancellationToken">Stops between two runs of pages; what was handed over stays so.</param>
    /// <returns>A task that completes when that is done.</returns>
    /// <inheritdoc cref="Flush(bool)" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public Task FlushAsync(bool flushToDisk, CancellationToken cancellationToken = default)
    {
        if (!flushToDisk || cancellationToken.IsCancellationRequested) return FlushAsync(cancellationToken);
        ThrowIfClosed();
        return FlushToDiskAsync();

        async Task FlushToDiskAsync()
        {
            await _file.FlushAsync(cancellationToken).ConfigureAwait(false);
            ForgetWrites();
        }
    }

    /// <summary>
    /// Hands what was written to the store, as <see cref="Flush()"/> does, without blocking the caller.
    /// </summary>
    /// <param name="cancellationToken">Stops between two runs of pages; what was handed over stays so.</param>
    /// <returns>A task that completes when the store has accepted everything.</returns>
    /// <exception cref="IOException">
    /// The store refused: what it refused is kept, and the next flush tries again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        ThrowIfClosed();
        return HandOverAsync(CallMode.Async, cancellationToken).AsTask();
    }

    private async ValueTask HandOverAsync(CallMode mode, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (_writtenFrom >= _writtenTo) return;
        var (from, to) = (_writtenFrom, _writtenTo);
        ForgetWrites();
        try
        {
            await _file.HandOverAsync(ByteRange.FromBounds(from, to), mode, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            (_writtenFrom, _writtenTo) = (Math.Min(_writtenFrom, from), Math.Max(_writtenTo, to));
            throw;
        }
    }

    private void ForgetWrites()
    {
        (_writtenFrom, _writtenTo) = (long.MaxValue, 0);
        _cursor?.EndWriting();
    }

    /// <summary>Notes a write before it begins: one that fails may have left some of its bytes in the file.</summary>
    private void NoteWrite(int count)
    {
        if (_position < _writtenFrom) _writtenFrom = _position;
        long end = unchecked(_position + count);
        if (end < 0) end = long.MaxValue;
        if (end > _writtenTo) _writtenTo = end;
    }
}
