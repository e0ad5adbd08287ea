namespace Concord.SystemCache;

/// <summary>One of the whole files that <see cref="BatchPurge"/> treats together, and what came of it.</summary>
/// <param name="file">The file, just opened; stays the caller's.</param>
internal sealed class BatchedFile(PageCacheFile file)
{
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
        _target = PageRange.Of(file.LengthWhenOpened, range: null);
        _before = file.Count(_target.Pages);
        if (_before.Dirty == 0) return;
        if (_before.Dirty * PageRange.PageSize is not > WriteBack.PieceBytes)
        {
            file.BeginWriteBack(_target.Pages);
            return;
        }

        // Much is dirty, and the system waits for the disk now and then: let the call be cancelled meanwhile.
        foreach (var piece in WriteBack.Pieces(_target.Pages))
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.BeginWriteBack(piece);
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
