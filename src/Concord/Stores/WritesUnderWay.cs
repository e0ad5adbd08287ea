using System.Diagnostics;

namespace Concord.Stores;

/// <summary>
/// The writes of this process to one file that have begun and not ended, through any opening. <see cref="StaleCopies"/>
/// reads the bytes around a range, drops them and compares them with the disk later. It does that while there are no
/// writes: bytes written in between would look lost, and be overwritten with older ones.
/// </summary>
/// <remarks>It is a count and not a thread's lock: a write may begin on one thread and end on another.</remarks>
internal sealed class WritesUnderWay
{
    // The table is its own lock, and owns SweepAt. An entry whose file is not open any more goes with the next sweep.
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

    /// <summary>The object of a file, for an opening, which keeps it alive.</summary>
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

    /// <summary>Begins a write, unless writes are kept out: then nothing has begun.</summary>
    internal bool TryBegin()
    {
        lock (_gate)
        {
            if (_isClosed) return false;
            _writes++;
            return true;
        }
    }

    /// <summary>Begins a write; waits while writes are kept out.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            while (_isClosed) Monitor.Wait(_gate);
            _writes++;
        }
    }

    /// <summary>Ends a write, also one that failed.</summary>
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
