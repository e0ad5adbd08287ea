using Concord.Caching;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

// The end of a cache.
public sealed partial class FileCache
{
    /// <summary>
    /// How often files are written before the first is closed: each time may bring what is dirty one file further down.
    /// </summary>
    private const int WriteRoundsMax = 16;

    /// <summary>
    /// Writes everything back, makes it durable, and closes every file, those of <see cref="FailedFiles"/> too. A file
    /// that fails does not keep other files from being closed, except those that its store is built on, or may be built
    /// on because it does not say (<see cref="BackingStore.FilesBelow"/>): they are made durable and stay open. Blocks.
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
    /// in <see cref="FailedFiles"/> with all their pages, and keep the cache open. Files that stay open for them are
    /// closed when they have been written. Blocks.
    /// </summary>
    public void Dispose() => SyncCompletion.Wait(DisposeAsync(CallMode.Blocking));

    /// <inheritdoc/>
    /// <remarks>As <see cref="Dispose"/>, without blocking the caller.</remarks>
    public ValueTask DisposeAsync() => DisposeAsync(CallMode.Async);

    private async ValueTask CloseAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (_isClosed) return;
        var errors = new List<Exception>();
        bool areClosed = await CloseFilesAsync(
            handle => TryCloseAsync(handle, mode, cancellationToken),
            handle => TryFlushAsync(handle, mode, cancellationToken), errors, mode, cancellationToken)
            .ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (areClosed) await EndAsync(mode).ConfigureAwait(false);
        CloseErrors.ThrowAll(errors, "closed");
    }

    /// <summary>
    /// Closes all files from the top. A file that may be below one that stays open is only made durable. If the one
    /// above can be closed after all, so can that file in the next round, as can files that stores opened meanwhile.
    /// </summary>
    /// <param name="close">Closes a handle; returns why that failed, or null.</param>
    /// <param name="keep">Makes the file durable and leaves the handle open; returns why that failed, or null.</param>
    /// <param name="errors">Gets what these return.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops the call; the files not yet closed stay open.</param>
    /// <returns>Whether all are closed.</returns>
    private async ValueTask<bool> CloseFilesAsync(
        Func<CachedFile, ValueTask<Exception?>> close, Func<CachedFile, ValueTask<Exception?>> keep,
        List<Exception> errors, CallMode mode, CancellationToken cancellationToken)
    {
        for (bool hasFailed = false; !hasFailed;)
        {
            await WriteDownAsync(mode, cancellationToken).ConfigureAwait(false);
            var handles = HandlesFromTheTop();
            if (handles.Length == 0) return true;
            var open = handles.Select(static handle => handle.State)
                .Where(static file => file.MayLeadToFiles && file.HasUnwritten).ToHashSet();
            foreach (var handle in handles)
            {
                cancellationToken.ThrowIfCancellationRequested();
                bool isNeeded = open.Any(above => above.MayLeadTo(handle.State));
                var end = isNeeded ? keep : close;
                var error = await end(handle).ConfigureAwait(false);
                if (error is not null) errors.Add(error);
                if (error is null or StoreNotClosedException)
                {
                    open.Remove(handle.State);
                    continue;
                }

                open.Add(handle.State);
                hasFailed = true;
            }
        }

        return false;
    }

    /// <summary>
    /// Makes every file durable, before the first is closed, if a store does not say which files are below it: any
    /// other may be. What cannot be written is tried again, and told, when its file is closed.
    /// </summary>
    private async ValueTask WriteDownAsync(CallMode mode, CancellationToken cancellationToken)
    {
        var failed = new HashSet<FileState>();
        for (int round = 1; round <= WriteRoundsMax; round++)
        {
            FileServices[] files =
                [.. HandlesFromTheTop().Select(static handle => handle.Services).DistinctBy(static file => file.State)];
            if (files.Length < 2 || Array.TrueForAll(files, static file => file.State.NamesFilesBelow)) return;
            files = Array.FindAll(files, file => file.State.HasUnwritten && !failed.Contains(file.State));
            if (files.Length == 0) return;
            foreach (var file in files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var error = await FlushOneAsync(file, mode, cancellationToken).ConfigureAwait(false);
                if (error is not null) failed.Add(file.State);
            }
        }
    }

    /// <summary>Makes a file durable that has to stay open.</summary>
    /// <returns>Why that was not possible, or null.</returns>
    private static async ValueTask<Exception?> TryFlushAsync(
        CachedFile handle, CallMode mode, CancellationToken cancellationToken)
    {
        if (handle.FailedFile is { } failed)
        {
            return await KeepFailedAsync(failed, mode, cancellationToken).ConfigureAwait(false);
        }

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

    /// <summary>Tries again one that could not be closed before, and leaves it open if it is.</summary>
    private static async ValueTask<Exception?> KeepFailedAsync(
        FailedFile failed, CallMode mode, CancellationToken cancellationToken) => failed.File.IsClosed
        ? failed.Error
        : await failed.TryRetryAsync(keepsOpen: true, mode, cancellationToken).ConfigureAwait(false);

    /// <summary>Closes one handle; tries again one that could not be closed before.</summary>
    /// <returns>Why it could not be closed, or null.</returns>
    private static async ValueTask<Exception?> TryCloseAsync(
        CachedFile handle, CallMode mode, CancellationToken cancellationToken)
    {
        try
        {
            if (handle.FailedFile is { } failed)
            {
                return await failed.TryRetryAsync(keepsOpen: false, mode, cancellationToken).ConfigureAwait(false);
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
        // A file that fails is in the list of failed ones, or stays in it.
        bool areClosed = await CloseFilesAsync(
            handle => handle.FailedFile is { } failed
                ? failed.TryRetryAsync(keepsOpen: false, mode, CancellationToken.None)
                : handle.CloseOrKeepAsync(mode),
            handle => handle.FailedFile is { } failed
                ? KeepFailedAsync(failed, mode, CancellationToken.None)
                : handle.KeepAsync(mode),
            errors: [], mode, CancellationToken.None).ConfigureAwait(false);
        if (areClosed) await EndAsync(mode).ConfigureAwait(false);
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

    private CachedFile[] HandlesFromTheTop() =>
    [
        .. StackOrder.FromTheTop(_services.Files.All).SelectMany(static file => file.Handles).Cast<CachedFile>(),
    ];
}
