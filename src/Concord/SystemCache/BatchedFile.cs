namespace Concord.SystemCache;

/// <summary>One of the whole files that <see cref="BatchPurge"/> treats together, and what came of it.</summary>
/// <param name="file">The file; stays the caller's.</param>
internal sealed class BatchedFile(PageCacheFile file)
{
    /// <summary>The bytes that are sent to the disk between two looks at the cancellation token.</summary>
    private const long PieceBytes = 64L << 20;

    /// <summary>The most pieces: a sparse file may have any length, but its dirty pages fit into memory.</summary>
    private const long PiecesMax = 1024;

    private PageRange _target;
    private PageCounts _before;
    private long? _bytesWritten;

    /// <summary>What came of it; null if it failed, or was not finished before the batch was cancelled.</summary>
    internal CoherencyResult? Result { get; private set; }

    /// <summary>What failed, and this file was not treated further.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>The file's length when it was treated, in bytes.</summary>
    internal long Length => _target.Bytes.End;

    /// <summary>The file system whose barrier makes the file durable too; null where only its own one does.</summary>
    internal object? Volume => file.FailedWriteBack is null ? file.Volume : null;

    /// <summary>Counts the pages, and has the system begin to write what is dirty.</summary>
    internal void Begin(CancellationToken cancellationToken) => Try(() =>
    {
        _target = PageRange.Of(file, range: null);
        _before = file.Count(_target.Pages);
        if (_before.Dirty == 0) return;
        if (_before.Dirty * PageRange.PageSize is not > PieceBytes)
        {
            file.BeginWriteBack(_target.Pages);
            return;
        }

        // Much is dirty, and the system waits for the disk now and then: let the call be cancelled meanwhile.
        var share = new ByteRange(0, _target.Pages.Length / PiecesMax).RoundOut(PageRange.PageSize);
        long piece = Math.Max(PieceBytes, share.Length);
        for (long start = 0; start < _target.Pages.End; start += piece)
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.BeginWriteBack(ByteRange.FromBounds(start, Math.Min(start + piece, _target.Pages.End)));
        }
    });

    /// <summary>Writes the whole file system back.</summary>
    /// <exception cref="IOException">Something failed, perhaps of another file.</exception>
    internal void WriteBackVolume() => file.WriteBackVolume();

    /// <summary>Notes that the barrier of the file system has made the file durable.</summary>
    internal void NoteDurable() => _bytesWritten = (_before.Dirty + _before.UnderWriteBack) * PageRange.PageSize;

    /// <summary>Makes this file durable alone.</summary>
    internal void WriteBackAlone(CancellationToken cancellationToken) =>
        Try(() => _bytesWritten = WriteBack.Run(file, _target, _before, cancellationToken));

    /// <summary>Drops the pages of the durable file, and tells what stayed.</summary>
    internal void Finish(CoherencyOptions options, CancellationToken cancellationToken) =>
        Try(() => Result = CoherentPurge.AfterBarrier(
            file, _target, options, _before, _bytesWritten, cancellationToken));

    /// <summary>
    /// Takes a step, unless one before has failed; a step that fails ends this file's part, not the batch.
    /// </summary>
    private void Try(Action step)
    {
        if (Error is not null) return;
        try
        {
            step();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Error = error;
        }
    }
}
