namespace Concord.Caching;

// The open handles, and the stores that are closed with the last of them.
internal sealed partial class FileState
{
    // _handleGate owns _handles, _ownedStores and _isRetired, and the writing of _store.
    private readonly Lock _handleGate = new();
    private readonly HashSet<object> _handles = [];
    private readonly HashSet<BackingStore> _ownedStores = [];
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
    internal void ThrowIfRetired() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isRetired), Store.Name);

    /// <summary>Adds a handle, unless the last one was closed just now and the file is on its way out.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="store">
    /// Its store. The first one serves all handles; if it does not take writes, the first that does.
    /// </param>
    /// <param name="ownsStore">Whether the store is to be closed with the last handle.</param>
    /// <param name="isUsed">Whether the file goes on with this store.</param>
    internal bool TryAddHandle(object handle, BackingStore store, bool ownsStore, out bool isUsed)
    {
        lock (_handleGate)
        {
            isUsed = false;
            if (_isRetired) return false;
            _handles.Add(handle);
            Errors.Join(handle);

            // The one it replaces was only read from and owes nothing; reads under way in it go on.
            if (store.CanWrite && !_store.CanWrite)
            {
                Ledger.Store = store;
                Volatile.Write(ref _store, store);
            }

            isUsed = store == _store;
            if (isUsed && ownsStore) _ownedStores.Add(store);
            return true;
        }
    }

    internal bool IsLast(object handle)
    {
        lock (_handleGate) return _handles.Count == 1 && _handles.Contains(handle);
    }

    /// <summary>Takes a handle off that is not the last one.</summary>
    internal bool TryRemoveBesideOthers(object handle)
    {
        lock (_handleGate)
        {
            if (_handles.Count < 2) return false;
            _handles.Remove(handle);
            Errors.Forget(_handles);
            return true;
        }
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

    /// <summary>Closes the stores that were handed over with handles; the last handle is gone.</summary>
    internal void CloseOwnedStores()
    {
        foreach (var store in _ownedStores) store.Dispose();
    }
}
