using System.Runtime.CompilerServices;
using Concord.Interop;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

// Opening files and stores.
public sealed partial class FileCache
{
    /// <summary>
    /// Opens a local file through the cache, with the arguments, defaults and exceptions of
    /// <see cref="File.OpenHandle"/>. Handles of one file, by whatever path, share one state. Blocks.
    /// </summary>
    /// <remarks>
    /// <see cref="FileMode.Create"/> and <see cref="FileMode.Truncate"/> cut the file through the cache, which may have
    /// it open already: its handles, streams and views see it empty, and what was written and not flushed is gone.
    /// <see cref="FileMode.Append"/> means <see cref="FileMode.OpenOrCreate"/>: there are no positions.
    /// </remarks>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">Whether the file has to exist, and whether it is cut to nothing.</param>
    /// <param name="access">
    /// What is done through the handle. A file for writing must be readable too: the cache reads pages that a write
    /// covers in part.
    /// </param>
    /// <param name="share">
    /// What other openings may do while the file is open. Towards openings outside caches, such as a
    /// <see cref="FileStream"/>'s, it is what
    /// the system enforces: on Unix <see cref="FileShare.None"/> keeps all of them out, and every other value lets them
    /// in (Linux: flock(2)). Towards other caches it holds until this cache has closed the file's last handle, in full
    /// in this process, and for writers in other processes: see <see cref="FileOperations.UnlockedReason"/>. Handles of
    /// one cache see each other's bytes, and may be open together unless one is opened with
    /// <see cref="FileShare.None"/>.
    /// </param>
    /// <param name="options">
    /// How the file is used. <see cref="FileOptions.DeleteOnClose"/> and <see cref="FileOptions.Encrypted"/> are
    /// refused.
    /// </param>
    /// <returns>A handle; close it, and the file leaves the cache with the last one.</returns>
    /// <exception cref="ArgumentException">
    /// The path is empty, or <paramref name="mode"/> and <paramref name="access"/> do not go together.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An argument is unknown, or an option is refused.</exception>
    /// <exception cref="PagesHeldException">
    /// The file was to be cut, and a lease, or a copy that does not end, holds pages of it: nothing has changed.
    /// </exception>
    /// <exception cref="IOException">
    /// The file cannot be opened, or another opening or another cache does not share it, which the message names:
    /// nothing has changed. Or the store refused to be cut: the file is as before.
    /// </exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the file's state.</exception>
    /// <inheritdoc cref="LocalFileStore.Open" path="/exception[@cref='T:System.UnauthorizedAccessException']"/>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public CachedFile Open(
        string path,
        FileMode mode = FileMode.Open,
        FileAccess access = FileAccess.Read,
        FileShare share = FileShare.Read,
        FileOptions options = FileOptions.None)
    {
        CheckOpening(path, mode, access, share, options);
        var terms = new HandleTerms(access, share, options);
        return SyncCompletion.Result(OpenAsync(path, mode, terms, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>
    /// Opens a local file through the cache, as
    /// <see cref="Open(string, FileMode, FileAccess, FileShare, FileOptions)"/> does, without blocking the caller.
    /// </summary>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">Whether the file has to exist, and whether it is cut to nothing.</param>
    /// <param name="access">What is done through the handle.</param>
    /// <param name="share">What other openings may do while the file is open.</param>
    /// <param name="options">How the file is used.</param>
    /// <param name="cancellationToken">
    /// Stops waiting; nothing is open then, and a file that was there is as before.
    /// </param>
    /// <returns>A handle; close it, and the file leaves the cache with the last one.</returns>
    /// <exception cref="ArgumentException">
    /// The path is empty, or <paramref name="mode"/> and <paramref name="access"/> do not go together.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An argument is unknown, or an option is refused.</exception>
    /// <exception cref="PagesHeldException">
    /// The file was to be cut, and its pages are held: nothing has changed.
    /// </exception>
    /// <exception cref="IOException">
    /// The file cannot be opened, is not shared, or cannot be cut: nothing has changed.
    /// </exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the file's state.</exception>
    /// <inheritdoc cref="LocalFileStore.Open" path="/exception[@cref='T:System.UnauthorizedAccessException']"/>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public ValueTask<CachedFile> OpenAsync(
        string path,
        FileMode mode = FileMode.Open,
        FileAccess access = FileAccess.Read,
        FileShare share = FileShare.Read,
        FileOptions options = FileOptions.None,
        CancellationToken cancellationToken = default)
    {
        CheckOpening(path, mode, access, share, options);
        return OpenAsync(path, mode, new HandleTerms(access, share, options), CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Opens a store through the cache. Handles of stores with one identity share one state. Each handle keeps its own
    /// store, and one open store serves all: the first, or the first that takes writes. A handle takes writes if its
    /// own store does. Blocks.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="share">What other caches may do meanwhile, as for a path.</param>
    /// <param name="leaveOpen">
    /// Whether the store stays open; keep it open until this handle is closed. Otherwise it is disposed with the
    /// handle, or with the last handle where it has served other handles too. It stays open if the call throws.
    /// </param>
    /// <returns>A handle; close it, and the file leaves the cache with the last one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="store"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="share"/> is unknown.</exception>
    /// <exception cref="IOException">
    /// The store cannot report its length or a property, one of these is impossible, or the store is built on itself
    /// (<see cref="BackingStore.FilesBelow"/>); or another cache does not share it.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public CachedFile Open(BackingStore store, FileShare share = FileShare.Read, bool leaveOpen = false)
    {
        CheckOpening(store, share);
        return SyncCompletion.Result(OpenAsync(store, share, leaveOpen, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>
    /// Opens a store through the cache, as <see cref="Open(BackingStore, FileShare, bool)"/> does, without blocking the
    /// caller.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="share">What other caches may do meanwhile.</param>
    /// <param name="leaveOpen">Whether the store stays open.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is open then but the store.</param>
    /// <returns>A handle; close it, and the file leaves the cache with the last one.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="store"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="share"/> is unknown.</exception>
    /// <exception cref="IOException">
    /// The store cannot report its length or a property, one of these is impossible, or the store is built on itself
    /// (<see cref="BackingStore.FilesBelow"/>); or another cache does not share it.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The cache was closed.</exception>
    public ValueTask<CachedFile> OpenAsync(
        BackingStore store,
        FileShare share = FileShare.Read,
        bool leaveOpen = false,
        CancellationToken cancellationToken = default)
    {
        CheckOpening(store, share);
        return OpenAsync(store, share, leaveOpen, CallMode.Async, cancellationToken);
    }

    private async ValueTask<CachedFile> OpenAsync(
        BackingStore store, FileShare share, bool leaveOpen, CallMode mode, CancellationToken cancellationToken)
    {
        // Read the store's properties: they hold as long as it is open.
        store.AskTraits();
        return await FileOpening.OpenAsync(
            _services, store, HandleTerms.OfStore(store, share), ownsStore: !leaveOpen, mode, cancellationToken)
            .ConfigureAwait(false);
    }

    private void CheckOpening(string path, FileMode mode, FileAccess access, FileShare share, FileOptions options)
    {
        OpenArguments.Check(path, mode, access, share, options);
        ObjectDisposedException.ThrowIf(_isClosed, this);
    }

    private void CheckOpening(BackingStore store, FileShare share)
    {
        ArgumentNullException.ThrowIfNull(store);
        OpenArguments.Check(share);
        ObjectDisposedException.ThrowIf(_isClosed, this);
    }

    private async ValueTask<CachedFile> OpenAsync(
        string path, FileMode mode, HandleTerms terms, CallMode callMode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // The system opens files with calls that block: a thread of the pool waits in the caller's place.
        // Open the system's file, then make or join the file of the cache.
        if (callMode == CallMode.Async) await LeaveCaller();
        LocalFileStore store;
        try
        {
            store = LocalFileStore.OpenUncut(
                path, mode, terms.Access, terms.Share, terms.Options, StoreCaching.Automatic);
        }
        catch (IOException error) when (error.HResult == FileSharingLocks.ErrorCode
            && RefusedByCache(path, terms.Sharing) is { } told)
        {
            throw told;
        }

        CachedFile file;
        try
        {
            store.AskTraits();
            file = await FileOpening.OpenAsync(
                _services, store, terms, ownsStore: true, callMode, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            store.Dispose();
            throw;
        }

        // Cut through the cache: other handles of the file see the cut.
        if (!OpenArguments.Cuts(mode)) return file;
        try
        {
            await file.CutToNothingAsync(callMode, cancellationToken).ConfigureAwait(false);
            return file;
        }
        catch
        {
            await file.AbandonAsync(callMode).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// The error if a cache of this process has the file that the system refused to open; otherwise null. The system
    /// does not report which process has the file.
    /// </summary>
    private IOException? RefusedByCache(string path, Sharing wanted)
    {
        string full = Path.GetFullPath(path);
        if (FileIdentity.OfPath(full) is not { } found) return null;
        var identity = new StoreIdentity(found);
        return _services.FileOf(identity) is { } file
            ? SharingLock.RefusedByCache(file.State.Store, wanted)
            : SharingLock.RefusedByOther(identity, ShownText.Of(full), wanted);
    }

    private static ConfiguredTaskAwaitable LeaveCaller() =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
