using Concord.Caching;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

// The end of a cache.
public sealed partial class FileCache
{
    /// <summary>
    /// Writes everything back, makes it durable, and closes every file, those of <see cref="FailedFiles"/> too. A file
    /// that fails does not keep other files from being closed, except those that its store is built on: they are made
    /// durable and stay open. Blocks.
    /// </summary>
    /// <exception cref="WriteBackException">
    /// A file could not be written back: it stays in the cache with all its pages, and the cache stays open. If several
    /// failed, it has all of their errors in its <see cref="Exception.InnerException"/>, an
    /// <see cref="AggregateException"/>.
    /// </exception>
    /// <exception cref="IOException">
    /// Everything is durable and the cache is closed, and a store threw when it was closed with its file.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Leases hold pages, or views are mapped, and everything is durable: end them first. The cache stays open.
    /// </exception>
    public void Close() => SyncCompletion.Wait(CloseAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Writes back and closes, as <see cref="Close"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; the cache and the files not yet closed stay open.</param>
    /// <inheritdoc cref="Close" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled; the cache stays open.</exception>
    public ValueTask CloseAsync(CancellationToken cancellationToken = default) =>
        CloseAsync(CallMode.Async, cancellationToken);

    /// <summary>
    /// <see cref="Close"/> that never throws, and writes back and closes every file that can be. Those that cannot are
    /// in <see cref="FailedFiles"/> with all their pages, and keep the cache open. Blocks.
    /// </summary>
    public void Dispose() => SyncCompletion.Wait(DisposeAsync(CallMode.Blocking));

    /// <inheritdoc/>
    /// <remarks>As <see cref="Dispose"/>, without blocking the caller.</remarks>
    public ValueTask DisposeAsync() => DisposeAsync(CallMode.Async);

    private async ValueTask CloseAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (_isClosed) return;
        var errors = new List<Exception>();
        var open = new List<FileState>();

        // Close from the top; a file that one above still needs is only flushed.
        foreach (var handle in HandlesFromTheTop())
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool closes = !IsNeeded(handle.State, open);
            var error = closes
                ? await TryCloseAsync(handle, mode, cancellationToken).ConfigureAwait(false)
                : await TryFlushAsync(handle, mode, cancellationToken).ConfigureAwait(false);
            if (error is not null) errors.Add(error);
            if (!closes || error is not (null or StoreNotClosedException)) open.Add(handle.State);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (open.Count == 0) await EndAsync(mode).ConfigureAwait(false);
        CloseErrors.ThrowAll(errors, "closed");
    }

    /// <summary>
    /// Whether a file that stays open keeps its bytes in this one, so that this one must stay open too.
    /// </summary>
    private static bool IsNeeded(FileState file, List<FileState> open) =>
        open.Exists(above => above.Level.LeadsTo(file.Level));

    /// <summary>Makes a file durable that has to stay open.</summary>
    /// <returns>Why that was not possible, or null.</returns>
    private async ValueTask<Exception?> TryFlushAsync(
        CachedFile handle, CallMode mode, CancellationToken cancellationToken)
    {
        if (FailureOf(handle) is { } failed) return failed.Error;
        try
        {
            await handle.FlushAsync(mode, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    /// <summary>Closes one handle; tries again one that could not be closed before.</summary>
    /// <returns>Why it could not be closed, or null.</returns>
    private async ValueTask<Exception?> TryCloseAsync(
        CachedFile handle, CallMode mode, CancellationToken cancellationToken)
    {
        try
        {
            if (FailureOf(handle) is { } failed)
            {
                return await failed.TryRetryAsync(mode, cancellationToken).ConfigureAwait(false);
            }

            await handle.CloseAsync(mode, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private async ValueTask DisposeAsync(CallMode mode)
    {
        var open = new List<FileState>();
        foreach (var handle in HandlesFromTheTop())
        {
            // A file that fails is in the list of failed ones, or stays in it. The files that its store is built on
            // stay open with it.
            bool closes = !IsNeeded(handle.State, open);
            if (!closes) _ = await TryFlushAsync(handle, mode, default).ConfigureAwait(false);
            else await DisposeOneAsync(handle, mode).ConfigureAwait(false);
            if (!closes || FailureOf(handle) is not null) open.Add(handle.State);
        }

        if (!State.HasFailedFiles) await EndAsync(mode).ConfigureAwait(false);
    }

    /// <summary>Disposes one handle; tries again one that could not be closed before.</summary>
    private async ValueTask DisposeOneAsync(CachedFile handle, CallMode mode)
    {
        if (FailureOf(handle) is { } failed) _ = await failed.TryRetryAsync(mode, default).ConfigureAwait(false);
        else await handle.DisposeAsync(mode).ConfigureAwait(false);
    }

    private async ValueTask EndAsync(CallMode mode)
    {
        if (_isClosed) return;
        _isClosed = true;
        if (_sharesCapacity) SharedCapacity.OfProcess.Leave(State);
        State.Retired.Release();
        await LazyWriter.StopAsync(mode).ConfigureAwait(false);
        _services.ExitFlush.Leave();
        _pressure.Dispose();
        SystemShortage.Leave(_services.Sections);
    }

    private FailedFile? FailureOf(CachedFile handle) =>
        State.HasFailedFiles ? FailedFiles.FirstOrDefault(failed => failed.File == handle) : null;

    /// <summary>
    /// All handles; those of a file whose store is built on another file come before those of the other. Where no call
    /// has shown which is built on which, a file opened later counts as built on one opened earlier.
    /// </summary>
    private CachedFile[] HandlesFromTheTop() =>
    [
        .. _services.Files.All.OrderBy(static file => file.Level.Depth).ThenByDescending(static file => file.Number)
            .SelectMany(static file => file.Handles).Cast<CachedFile>(),
    ];
}
