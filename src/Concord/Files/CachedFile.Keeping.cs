using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

// Handles that stay open when they are disposed, because the store of a file above needs them to write its bytes.
public sealed partial class CachedFile
{
    // Whether the handle was disposed, and stays open.
    private volatile bool _isKept;

    /// <summary>
    /// Whether a file above, which could not be closed, has yet to be written through this one. Once a handle is kept
    /// open, it also stays open for files that may be above.
    /// </summary>
    private bool IsNeeded => !_isClosed && (_isKept
        ? State.Siblings.All.Any(above => above.HasUnwritten && above.MayLeadTo(State))
        : FailedAbove.Any(above => above.Level.LeadsTo(State.Level)));

    /// <summary>
    /// The failed files with something to write. One that has left the cache, and closes its stores, is none.
    /// </summary>
    private IEnumerable<FileState> FailedAbove => !State.Cache.HasFailedFiles ? [] : State.Cache.FailedFiles
        .Cast<FailedFile>().Select(static failed => failed.File.State)
        .Where(file => file != State && file.HasUnwritten && State.Siblings.All.Contains(file));

    /// <summary>The handle in the list of failed files; null if it is not there.</summary>
    internal FailedFile? FailedFile => !State.Cache.HasFailedFiles ? null
        : State.Cache.FailedFiles.Cast<FailedFile>().FirstOrDefault(failed => failed.File == this);

    /// <summary>
    /// Makes the file durable in the place of closing this handle. If that fails, the file is added to the failed ones.
    /// </summary>
    /// <returns>Why it failed, or null.</returns>
    internal async ValueTask<Exception?> KeepAsync(CallMode mode)
    {
        _isKept = true;
        try
        {
            await RetryAsync(keepsOpen: true, mode, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (Exception error)
        {
            if (_isClosed) return null;
            State.Cache.AddFailedFile(new FailedFile(this, error));
            return error;
        }
    }

    /// <summary>
    /// Tries again what failed when the handle was disposed: closes it, or makes the file durable where a file above
    /// needs the handle.
    /// </summary>
    /// <exception cref="WriteBackException">It failed again.</exception>
    internal async ValueTask RetryAsync(bool keepsOpen, CallMode mode, CancellationToken cancellationToken)
    {
        if (!keepsOpen && !IsNeeded)
        {
            await CloseToldOrNotAsync(mode, cancellationToken, isRetry: true).ConfigureAwait(false);
            return;
        }

        try
        {
            await FlushAsync(mode, cancellationToken).ConfigureAwait(false);
        }
        catch (WriteBackException error) when (error.Result.IsComplete)
        {
            // An earlier error was told, and the bytes are written by now.
            await FlushAsync(mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the handles of the cache that were kept open, if nobody needs them any more.</summary>
    internal async ValueTask CloseKeptAsync(CallMode mode)
    {
        var handles = StackOrder.FromTheTop(State.Siblings.All)
            .SelectMany(static file => file.Handles).Cast<CachedFile>().Where(static handle => handle._isKept);
        foreach (var handle in handles.ToArray())
        {
            if (handle.FailedFile is not null || handle.IsNeeded) continue;
            await handle.DisposeAsync(mode).ConfigureAwait(false);
        }
    }

    /// <summary>A handle could not be closed: refuses calls from now on, unless a failed file may need it.</summary>
    private void MarkFailed()
    {
        _isKept = FailedAbove.Any(above => above.MayLeadTo(State));
        if (!_isKept) MarkClosed();
    }
}
