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
    // Owns itself and the numbers of openings. An entry ends with the last opening of its file.
    private static readonly Dictionary<object, WritesUnderWay> All = [];

    private readonly object _identity;
    private int _openings;

    // _gate owns what follows.
    private readonly object _gate = new();
    private int _writes;
    private bool _isClosed;

    private WritesUnderWay(object identity) => _identity = identity;

    /// <summary>Those of a file, for one opening of it; ended by <see cref="Leave"/>.</summary>
    internal static WritesUnderWay Join(object identity)
    {
        lock (All)
        {
            if (!All.TryGetValue(identity, out var writes)) All.Add(identity, writes = new WritesUnderWay(identity));
            writes._openings++;
            return writes;
        }
    }

    /// <summary>One opening of the file ends.</summary>
    internal void Leave()
    {
        lock (All)
        {
            if (--_openings == 0) All.Remove(_identity);
        }
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
