namespace Concord;

/// <summary>A file that could not be written back when it was disposed. Its pages are kept until somebody decides.</summary>
public sealed class FailedFile
{
    private readonly CachedFile _file;

    internal FailedFile(CachedFile file, Exception error)
    {
        _file = file;
        Error = error;
    }

    /// <summary>What messages call the file.</summary>
    public string Name => _file.Name;

    /// <summary>Why it could not be closed, the last time it was tried.</summary>
    public Exception Error { get; private set; }

    internal CachedFile File => _file;

    /// <summary>Tries to write back and close once more. Blocks.</summary>
    /// <exception cref="WriteBackException">It failed again; nothing is lost, and the file stays listed.</exception>
    /// <exception cref="InvalidOperationException">A lease still holds pages; the file stays listed.</exception>
    public void Retry()
    {
        try
        {
            Scheduling.SyncCompletion.Wait(_file.CloseAsync(Scheduling.CallMode.Blocking, CancellationToken.None, isRetry: true));
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            Error = error;
            throw;
        }

        _file.Forgive(this);
    }

    /// <summary>
    /// Throws away what could not be written, and closes. Waits for leases to end. While other handles of the file are
    /// open its pages belong to them: then only this handle is closed, nothing is thrown away, and they are told of what
    /// cannot be written. Idempotent.
    /// </summary>
    /// <remarks>
    /// Memory that somebody is copying from or to, and cannot leave since its own memory does not answer, is kept until
    /// it has left.
    /// </remarks>
    public void Discard()
    {
        _file.Discard();
        _file.Forgive(this);
    }
}
