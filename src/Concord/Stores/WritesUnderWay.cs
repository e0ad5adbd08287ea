using System.Diagnostics;

namespace Concord.Stores;

/// <summary>
/// The writes of this process to one file that have begun and not ended, whichever opening they go through. Whoever
/// reads what lies around a range, drops it and compares it with the disk later (<see cref="StaleCopies"/>) does that
/// while there are none: bytes that are written in between would look lost, and be overwritten with what was there
/// before.
/// </summary>
/// <remarks>A count and not a lock of a thread: a write may begin on one and end on another.</remarks>
internal sealed class WritesUnderWay
{
    // Owns itself and SweepAt. An entry whose file is not open any more is dead, and goes with the next sweep.
    private static readonly Dictionary<object, WeakReference<WritesUnderWay>> All = [];
    private static int SweepAt = SweepAtLeast;

    private const int SweepAtLeast = 64;

    // _gate owns what follows.
    private readonly object _gate = new();
    private int _writes;
    private bool _isClosed;

    private WritesUnderWay()
    {
    }

    /// <summary>Those of a file, for an opening of it, which keeps them.</summary>
    internal static WritesUnderWay Of(object identity)
    {
        lock (All)
        {
            if (All.TryGetValue(identity, out var there) && there.TryGetTarget(out var writes)) return writes;
            if (All.Count >= SweepAt) Sweep();
            All[identity] = new WeakReference<WritesUnderWay>(writes = new WritesUnderWay());
            return writes;
        }
    }

    private static void Sweep()
    {
        foreach (var (identity, entry) in All)
        {
            if (!entry.TryGetTarget(out _)) All.Remove(identity);
        }

        SweepAt = Math.Max(SweepAtLeast, 2 * All.Count);
    }

    /// <summary>A write begins, unless somebody keeps all out: nothing was begun then.</summary>
    internal bool TryBegin()
    {
        lock (_gate)
        {
            if (_isClosed) return false;
            _writes++;
            return true;
        }
    }

    /// <summary>A write begins, once nobody keeps it out.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            while (_isClosed) Monitor.Wait(_gate);
            _writes++;
        }
    }

    /// <summary>A write has ended, well or not.</summary>
    internal void End()
    {
        lock (_gate)
        {
            Debug.Assert(_writes > 0, "a write ends once");
            if (--_writes == 0 && _isClosed) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Keeps new writes out, and returns when those under way have ended. One caller at a time.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            while (_isClosed) Monitor.Wait(_gate);
            _isClosed = true;
            while (_writes > 0) Monitor.Wait(_gate);
        }
    }

    /// <summary>Lets writes begin again.</summary>
    internal void Open()
    {
        lock (_gate)
        {
            _isClosed = false;
            Monitor.PulseAll(_gate);
        }
    }
}
