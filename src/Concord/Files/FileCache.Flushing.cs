using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

// Flushes of the whole cache.
public sealed partial class FileCache
{
    private static readonly ByteRange Everything = new(0, long.MaxValue);

    /// <summary>
    /// Writes every file back and makes it durable; drops nothing. A file that fails does not keep other files from
    /// being flushed. Waits for calls that hold a file exclusively, so a holder must not call it. Blocks.
    /// </summary>
    /// <exception cref="IOException">
    /// A file could not be flushed; what failed is still in the cache, dirty. It is a <see cref="WriteBackException"/>,
    /// and if several failed, the first of them with all in its <see cref="Exception.InnerException"/>.
    /// </exception>
    /// <exception cref="InvalidOperationException">A store or log of the cache's own files calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        SyncCompletion.Wait(FlushAsync(CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Flushes every file, as <see cref="Flush"/> does and all at once, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops between two runs of pages; what was written stays written.</param>
    /// <exception cref="IOException">A file could not be flushed; what failed is still in the cache, dirty.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="InvalidOperationException">A store or log of the cache's own files calls it.</exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return FlushAsync(CallMode.Async, cancellationToken);
    }

    private async ValueTask FlushAsync(CallMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Begin all flushes before the first is waited for: a store that hangs delays no other file.
        var calls = new List<ValueTask<Exception?>>();
        foreach (var file in _services.OpenFiles) calls.Add(FlushAsync(file, mode, cancellationToken));
        var errors = new List<Exception>();
        foreach (var call in calls)
        {
            if (await call.ConfigureAwait(false) is { } error) errors.Add(error);
        }

        cancellationToken.ThrowIfCancellationRequested();
        CloseErrors.ThrowAll(errors, "flushed");
    }

    /// <returns>
    /// Why the file could not be flushed, or null. A file whose last handle is being closed is flushed by that.
    /// </returns>
    private async ValueTask<Exception?> FlushAsync(
        FileServices file, CallMode mode, CancellationToken cancellationToken)
    {
        var error = await FlushOneAsync(file, mode, cancellationToken).ConfigureAwait(false);
        bool isWritten = error is null or WriteBackException { Result.IsComplete: true };
        if (!isWritten || !State.HasFailedFiles) return error;

        // The flush was good: close the failed handles of the file now. A handle whose pages are still held stays
        // listed, which is no error of the flush. The list has reported the earlier errors.
        foreach (var failed in FailedFiles.Where(failed => failed.File.State == file.State))
        {
            error = null;
            _ = await failed.TryRetryAsync(keepsOpen: false, mode, cancellationToken).ConfigureAwait(false);
        }

        return error;
    }

    private async ValueTask<Exception?> FlushOneAsync(
        FileServices file, CallMode mode, CancellationToken cancellationToken)
    {
        // A file with nothing to flush needs no hold.
        if (CleanFlushFastPath.TryAnswer(file.State, Everything, CoherencyOptions.NoPurge, out _)) return null;
        try
        {
            // A file whose last handle was closed meanwhile has nothing to flush.
            if (!await file.State.TryAcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false)) return null;
            try
            {
                await file.Operation.RunAsync(
                    this, Everything, CoherencyOptions.NoPurge, mode, cancellationToken).ConfigureAwait(false);
                return null;
            }
            finally
            {
                file.State.ReleaseExclusive();
            }
        }
        catch (Exception error)
        {
            return error;
        }
    }
}
