using System.ComponentModel;
using System.Diagnostics;
using Concord.Interop;

namespace Concord.Stores;

/// <summary>
/// Keeps caches that have the same file open from overwriting each other's bytes. A cache has one lock for each of its
/// files, however many handles are open. Caches of one process find each other by the store's identity, caches of
/// several processes by locks on the file (see <see cref="FileSharingLocks"/>).
/// </summary>
/// <remarks>
/// The access of a cache, and what it refuses to other caches, only grow as handles are opened, until the last one is
/// closed. Safe for use by several threads; a call for one file does not wait for another file.
/// </remarks>
internal sealed class SharingLock : IDisposable
{
    private const int SweepAtLeast = 64;

    // Gate owns All, SweepAt, and each lock's _sharing. All has the locks by the hash of their identity and keeps none
    // of them, nor an identity: that may be the store, which may have a handle of its own cache. A cache that was
    // dropped without disposal does not count; what is left of it here goes with the next sweep.
    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, List<WeakReference<SharingLock>>> All = [];
    private static int SweepAt = SweepAtLeast;

    // _gate orders the calls of one object, and owns _locks and _isEnded. It comes before Gate.
    private readonly Lock _gate = new();
    private readonly StoreIdentity _identity;
    private readonly string? _cacheName;
    private Sharing _sharing;
    private FileSharingLocks? _locks;
    private bool _isEnded;

    private SharingLock(StoreIdentity identity, string? cacheName)
    {
        _identity = identity;
        _cacheName = cacheName;
    }

    /// <summary>
    /// Why caches of other processes are not kept out; null while they are, or if nothing is refused.
    /// </summary>
    internal string? UnlockedReason { get; private set; }

    /// <summary>Takes a file for a cache.</summary>
    /// <param name="store">The store, which stays open as long as the lock.</param>
    /// <param name="sharing">The access, and what it leaves to other caches.</param>
    /// <param name="cacheName">The cache's name in messages, or null.</param>
    /// <exception cref="IOException">
    /// Another cache has the file, and refuses this use of it; nothing is taken.
    /// </exception>
    internal static SharingLock Take(BackingStore store, Sharing sharing, string? cacheName)
    {
        var taken = new SharingLock(store.Traits.Identity, cacheName);
        taken.Join(store, sharing);
        try
        {
            taken.UseLocks(store);
            taken.LockFile(store, sharing, sharing);
        }
        catch
        {
            taken.Dispose();
            throw;
        }

        return taken;
    }

    /// <summary>Takes the file for one more handle of the cache.</summary>
    /// <param name="store">The handle's own store.</param>
    /// <param name="sharing">The handle's access, and what it leaves to other caches.</param>
    /// <param name="serves">
    /// Whether the store serves the file from now on, in place of one that takes no writes.
    /// </param>
    /// <returns>False when the cache's last handle was closed meanwhile.</returns>
    /// <exception cref="IOException">
    /// Another cache has the file, and refuses this use of it; nothing changed.
    /// </exception>
    internal bool TryExtend(BackingStore store, Sharing sharing, bool serves)
    {
        lock (_gate)
        {
            if (_isEnded) return false;
            Extend(store, sharing, serves);
            return true;
        }
    }

    /// <summary>
    /// Moves the locks to another opening, which serves the file from now on; the old one may be closed, and its locks
    /// with it. Another process can take the file in between; then <see cref="UnlockedReason"/> says that it is not
    /// locked.
    /// </summary>
    internal void GoOnWith(BackingStore store)
    {
        lock (_gate)
        {
            if (_isEnded) return;
            var old = _locks;
            UseLocks(store);
            if (_locks == old) return;
            old?.Release();
            if (_locks is { } locks && !locks.TryTake(_sharing.Writes, _sharing.RefusesWriters, out _))
            {
                UnlockedReason = "another process took the file while it went on with another opening";
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isEnded = true;
            _locks?.Release();
            _locks = null;
        }

        lock (Gate)
        {
            if (!All.TryGetValue(_identity.GetHashCode(), out var locks)) return;
            locks.RemoveAll(other => !other.TryGetTarget(out var target) || target == this);
            if (locks.Count == 0) All.Remove(_identity.GetHashCode());
        }
    }

    /// <summary>
    /// What the system's own refusal is about: a cache of this process that has the file, or null if none has.
    /// </summary>
    internal static IOException? RefusedByOther(StoreIdentity identity, string label, Sharing wanted)
    {
        lock (Gate) return FindLocked(identity) is [var other, ..] ? Refused(label, wanted, other) : null;
    }

    /// <summary>
    /// The error where an open handle of the cache does not share the file, or the new one would not.
    /// </summary>
    internal static IOException RefusedByCache(BackingStore store, Sharing wanted)
    {
        string what = wanted.IsAlone ? "this cache has it open" : "a handle of this cache has it for itself alone";
        string message = $"cannot open {store.Label} with FileShare.{wanted.Share}: {what}; close that handle first";
        return new IOException(message, FileSharingLocks.ErrorCode);
    }

    private void Extend(BackingStore store, Sharing sharing, bool serves)
    {
        var (before, locks, reason) = (_sharing, _locks, UnlockedReason);
        Join(store, sharing);
        try
        {
            if (serves) MoveTo(store, before);
            LockFile(store, before.With(sharing), sharing);
        }
        catch
        {
            if (serves) MoveBack(locks, before);
            UnlockedReason = reason;
            lock (Gate) _sharing = before;
            throw;
        }
    }

    /// <summary>Checks the other caches of this process, and joins the table.</summary>
    private void Join(BackingStore store, Sharing sharing)
    {
        lock (Gate)
        {
            bool isNew = true;
            foreach (var other in FindLocked(_identity))
            {
                if (other == this) isNew = false;
                else if (!other._sharing.GoesWith(sharing)) throw Refused(store.Label, sharing, other);
            }

            if (isNew) AddLocked();
            _sharing = isNew ? sharing : _sharing.With(sharing);
        }
    }

    /// <summary>The locks that caches have now on the file with an identity.</summary>
    private static List<SharingLock> FindLocked(StoreIdentity identity)
    {
        List<SharingLock> found = [];
        if (!All.TryGetValue(identity.GetHashCode(), out var locks)) return found;
        foreach (var reference in locks)
        {
            if (reference.TryGetTarget(out var one) && one._identity.Equals(identity)) found.Add(one);
        }

        return found;
    }

    private void AddLocked()
    {
        if (All.Count >= SweepAt) SweepLocked();
        if (!All.TryGetValue(_identity.GetHashCode(), out var locks)) All.Add(_identity.GetHashCode(), locks = []);
        locks.RemoveAll(static other => !other.TryGetTarget(out _));
        locks.Add(new WeakReference<SharingLock>(this));
    }

    /// <summary>Removes what dropped caches left behind.</summary>
    private static void SweepLocked()
    {
        foreach (var (hash, locks) in All)
        {
            if (!locks.Exists(static one => one.TryGetTarget(out _))) All.Remove(hash);
        }

        SweepAt = Math.Max(SweepAtLeast, 2 * All.Count);
    }

    private void UseLocks(BackingStore store)
    {
        _locks = (store as LocalFileStore)?.SharingLocks;
        UnlockedReason = _locks is null
            ? $"{store.GetType().Name} is no local file: caches of this process only are kept apart"
            : _locks.UnavailableReason;
    }

    /// <summary>Takes the file locks for all handles together, or notes why there are none.</summary>
    private void LockFile(BackingStore store, Sharing whole, Sharing added)
    {
        if (_locks is null) return;
        if (!_locks.TryTake(whole.Writes, whole.RefusesWriters, out int? process)) throw Refused(store, added, process);
        UnlockedReason = _locks.UnavailableReason;
    }

    /// <summary>
    /// Moves the locks to another opening. The old opening is for reading, and has a shared lock at most: the new one
    /// takes that lock first, so that the file is never without it.
    /// </summary>
    private void MoveTo(BackingStore store, Sharing before)
    {
        var old = _locks;
        UseLocks(store);
        _ = _locks?.TryTake(writes: false, before.RefusesWriters, out _);
        old?.Release();
    }

    private void MoveBack(FileSharingLocks? old, Sharing before)
    {
        _ = old?.TryTake(writes: false, before.RefusesWriters, out _);
        _locks?.Release();
        _locks = old;
    }

    private static IOException Refused(string label, Sharing wanted, SharingLock other)
    {
        string name = other._cacheName is { } cacheName ? $"the cache {cacheName}" : "another cache";
        string what = other._sharing.RefusesOf(wanted) switch
        {
            0 when other._sharing.Writes && wanted.RefusesWriters => "writes it",
            0 => "reads it",
            FileAccess.Write => "has it open and lets nobody else write it",
            _ => "has it open for itself alone",
        };
        return Refused(label, wanted, $"{name} of this process {what}");
    }

    private static IOException Refused(BackingStore store, Sharing wanted, int? process)
    {
        string who = process switch
        {
            null => "another process",
            { } id when id == Environment.ProcessId => "another Concord in this process (a library that has its own)",
            { } id => $"process {id}{NameOf(id)}",
        };
        string what = wanted.Writes ? "has it in a cache, or locked" : "writes it through a cache, or has it locked";
        return Refused(store.Label, wanted, $"{who} {what}");
    }

    private static IOException Refused(string label, Sharing wanted, string holder)
    {
        string how = wanted.Writes ? "for writing" : "for reading";
        string message = $"cannot open {label} {how} with FileShare.{wanted.Share}: {holder}. Caches do not " +
            "see each other's bytes: open it through that cache, close it there, or open both with FileShare.ReadWrite";
        return new IOException(message, FileSharingLocks.ErrorCode);
    }

    /// <summary>The process's name, if this process can see it.</summary>
    internal static string NameOf(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return $" ({found.ProcessName})";
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return ", of another container";
        }
    }
}
