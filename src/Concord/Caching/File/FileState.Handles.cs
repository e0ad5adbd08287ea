namespace Concord.Caching;

// The open handles, and the stores that are closed with the last of them.
internal sealed partial class FileState
{
    // _handleGate owns everything here, and the writing of _store. It comes before the lock of the ledger.
    private readonly Lock _handleGate = new();
    private readonly HashSet<object> _handles = [];

    // Each handle's own store. A handle without one, such as a view's, uses the stores of the others.
    private readonly Dictionary<object, BackingStore> _storeOf = [];
    private readonly HashSet<BackingStore> _ownedStores = [];

    // Stores that have served all handles: calls may be under way in them until the last handle is closed.
    private readonly HashSet<BackingStore> _servedStores = [];
    private bool _isRetired;

    /// <summary>The handles that are open; a snapshot.</summary>
    internal IReadOnlyList<object> Handles
    {
        get
        {
            lock (_handleGate) return [.. _handles];
        }
    }

    /// <exception cref="ObjectDisposedException">The last handle was closed.</exception>
    internal void ThrowIfRetired() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isRetired), Store.Traits.Name);

    /// <summary>Adds a handle, unless the last one was closed already and the file is leaving the cache.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="store">
    /// Its store, which it keeps. One store serves all handles: the first, or the first that takes writes, until that
    /// is closed.
    /// </param>
    /// <param name="ownsStore">Whether the store is to be closed with the last handle.</param>
    internal bool TryAddHandle(object handle, BackingStore store, bool ownsStore)
    {
        lock (_handleGate)
        {
            if (_isRetired) return false;
            _handles.Add(handle);
            _storeOf[handle] = store;
            store.Level = Level;
            if (ownsStore) _ownedStores.Add(store);
            Errors.Join(handle);

            // The store it replaces was only read; reads under way in it go on.
            if (store.Traits.CanWrite && !_store.Traits.CanWrite) MoveToLocked(store);
            return true;
        }
    }

    /// <summary>Adds a handle that has no store of its own, unless the last handle was closed already.</summary>
    internal bool TryAddHandle(object handle)
    {
        lock (_handleGate)
        {
            if (_isRetired) return false;
            _handles.Add(handle);
            Errors.Join(handle);
            return true;
        }
    }

    /// <summary>
    /// Whether a store of the file is open: without one the identity may belong to another file by now.
    /// </summary>
    internal bool IsServed
    {
        get
        {
            lock (_handleGate) return !_store.IsClosedByOwner || OpenStoreLocked(except: _store) is not null;
        }
    }

    /// <summary>
    /// Goes on with the store of another handle if the serving store's owner has closed it. Called without locks.
    /// </summary>
    internal void LeaveClosedStore()
    {
        if (!Store.IsClosedByOwner) return;
        lock (_handleGate)
        {
            if (_store.IsClosedByOwner && OpenStoreLocked(except: _store) is { } other) MoveToLocked(other);
        }
    }

    internal bool IsLast(object handle)
    {
        lock (_handleGate) return _handles.Count == 1 && _handles.Contains(handle);
    }

    /// <summary>Takes a handle off that is not the last one.</summary>
    internal bool TryRemoveBesideOthers(object handle) => TryRemoveBesideOthers(handle, out _);

    /// <summary>Takes a handle off that is not the last one.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="failure">What its store threw when it was closed with the handle; or null.</param>
    internal bool TryRemoveBesideOthers(object handle, out Exception? failure)
    {
        failure = null;
        BackingStore? unused;
        lock (_handleGate)
        {
            if (_handles.Count < 2) return false;
            _handles.Remove(handle);
            Errors.Forget(_handles);
            unused = LeaveStoreLocked(handle);
        }

        failure = TryClose(unused);
        return true;
    }

    /// <summary>
    /// Takes a handle off; with the last one the file retires. Called with the file held exclusively.
    /// </summary>
    /// <returns>Whether it was the last one: the file has to leave the cache.</returns>
    internal bool RemoveHandle(object handle)
    {
        lock (_handleGate)
        {
            _handles.Remove(handle);
            Errors.Forget(_handles);
            if (_handles.Count > 0) return false;
            _isRetired = true;
            return true;
        }
    }

    /// <summary>Closes the stores that handles handed over. Called after the last handle is gone.</summary>
    /// <returns>What the first of them threw, or null.</returns>
    internal Exception? CloseOwnedStores()
    {
        Exception? failure = null;
        foreach (var store in _ownedStores) failure ??= TryClose(store);
        return failure;
    }

    private Exception? TryClose(BackingStore? store)
    {
        // Calls wait for it: for the file's hold, or until the file has left.
        using var underWay = Level.Calls.Begin();
        try
        {
            store?.Dispose();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    /// <summary>An open store, one that takes writes if there is one.</summary>
    private BackingStore? OpenStoreLocked(BackingStore except)
    {
        BackingStore? open = null;
        foreach (var store in _storeOf.Values.Concat(_ownedStores))
        {
            if (store == except || store.IsClosedByOwner) continue;
            if (store.Traits.CanWrite) return store;
            open ??= store;
        }

        return open;
    }

    /// <summary>Takes a closed handle's store off, unless other handles or calls need it.</summary>
    /// <returns>The store, if it is to be disposed.</returns>
    private BackingStore? LeaveStoreLocked(object handle)
    {
        if (!_storeOf.Remove(handle, out var store) || _storeOf.ContainsValue(store)) return null;
        if (store != _store) return !_servedStores.Contains(store) && _ownedStores.Remove(store) ? store : null;

        // The store's owner may close it from here on: the file goes on with one that can do as much.
        if (_ownedStores.Contains(store) || OpenStoreLocked(except: store) is not { } other) return null;
        if (other.Traits.CanWrite || !store.Traits.CanWrite) MoveToLocked(other);
        return null;
    }

    private void MoveToLocked(BackingStore store)
    {
        _servedStores.Add(_store);
        Ledger.MoveTo(store);
        Volatile.Write(ref _store, store);
        Sharing.GoOnWith(store);
    }
}
