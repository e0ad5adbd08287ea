using System.Runtime.ExceptionServices;
using Concord.Caching;
using Concord.Interop;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A file that could not be written back when it was disposed. Its pages are kept until <see cref="Retry"/> succeeds,
/// or <see cref="Discard"/> gives them up, or a later flush of the file or of the cache, or closing the cache,
/// succeeds.
/// </summary>
/// <remarks>
/// Files through which it has to be written, since its store keeps its bytes there, stay open until it is closed, also
/// those of them that were disposed. So failed files may be tried again in any order.
/// </remarks>
public sealed class FailedFile : IFailed
{
    private readonly CachedFile _file;

    internal FailedFile(CachedFile file, Exception error)
    {
        _file = file;
        Error = error;
    }

    /// <summary>The file's name in messages.</summary>
    public string Name => _file.Name;

    /// <summary>The name with control characters escaped, for messages: it may come from untrusted input.</summary>
    internal string Label => ShownText.Of(Name);

    /// <summary>Why it could not be closed, the last time it was tried.</summary>
    public Exception Error { get; private set; }

    internal CachedFile File => _file;

    /// <summary>Tries to write back and close once more. Blocks.</summary>
    /// <exception cref="WriteBackException">It failed again; nothing is lost, and the file stays listed.</exception>
    /// <exception cref="InvalidOperationException">A lease still holds pages; the file stays listed.</exception>
    public void Retry() => SyncCompletion.Wait(RetryAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Tries once more, as <see cref="Retry"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; nothing is lost, and the file stays listed.</param>
    /// <inheritdoc cref="Retry" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled; the file stays listed.</exception>
    public ValueTask RetryAsync(CancellationToken cancellationToken = default) =>
        RetryAsync(CallMode.Async, cancellationToken);

    /// <summary>
    /// Throws away what could not be written, and closes. Blocks until leases have ended. While other handles of the
    /// file are open its pages belong to them: then only this handle is closed, nothing is thrown away, and their next
    /// flush reports what cannot be written. A handle through which another failed file has yet to be written stays
    /// open until that file is closed. Idempotent.
    /// </summary>
    /// <remarks>
    /// Memory with a copy inside that does not end, since the copy's own memory does not answer, is kept until it has
    /// ended.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A view of the file is mapped; the file stays listed.</exception>
    /// <exception cref="IOException">A call of the file's store does not answer; the file stays listed.</exception>
    public void Discard() => SyncCompletion.Wait(DiscardAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Throws away and closes, as <see cref="Discard"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">
    /// Stops waiting for leases; nothing is thrown away, and the file stays listed.
    /// </param>
    /// <inheritdoc cref="Discard" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled; the file stays listed.</exception>
    public ValueTask DiscardAsync(CancellationToken cancellationToken = default) =>
        DiscardAsync(CallMode.Async, cancellationToken);

    /// <summary>Tries once more. Earlier errors count as reported.</summary>
    /// <param name="keepsOpen">Whether the handle stays open in any case, because a file above needs it.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Why it failed again, or null.</returns>
    internal async ValueTask<Exception?> TryRetryAsync(
        bool keepsOpen, CallMode mode, CancellationToken cancellationToken)
    {
        try
        {
            await _file.RetryAsync(keepsOpen, mode, cancellationToken).ConfigureAwait(false);
            _file.Forgive(this);
            return null;
        }
        catch (StoreNotClosedException error)
        {
            _file.Forgive(this);
            return error;
        }
        catch (Exception error)
        {
            if (!cancellationToken.IsCancellationRequested) Error = error;
            return error;
        }
    }

    void IFailed.HealIfWritten(object file)
    {
        if (_file.State == file && _file.TryHeal()) _file.Forgive(this);
    }

    private async ValueTask RetryAsync(CallMode mode, CancellationToken cancellationToken)
    {
        var error = await TryRetryAsync(keepsOpen: false, mode, cancellationToken).ConfigureAwait(false);
        if (error is null or StoreNotClosedException) await _file.CloseKeptAsync(mode).ConfigureAwait(false);
        if (error is not null) ExceptionDispatchInfo.Throw(error);
    }

    private async ValueTask DiscardAsync(CallMode mode, CancellationToken cancellationToken)
    {
        await _file.DiscardAsync(mode, cancellationToken).ConfigureAwait(false);
        _file.Forgive(this);
        await _file.CloseKeptAsync(mode).ConfigureAwait(false);
    }
}
