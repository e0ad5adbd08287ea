namespace Concord.Caching;

/// <summary>
/// The write-back errors of a file, each with a number. Every handle whose writes an error may concern gets it once: an
/// error stays until it was reported to each handle that was open when it happened.
/// </summary>
internal sealed class ErrorLog
{
    /// <summary>Beyond this many, the two oldest become one that concerns both their ranges.</summary>
    private const int EntriesMax = 64;

    // _gate owns everything below.
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private long _last;
    private volatile bool _isEmpty = true;

    /// <summary>Whether the log has no error to report to any handle. Takes no lock.</summary>
    internal bool IsEmpty => _isEmpty;

    /// <summary>The number of the newest error; 0 when there never was one.</summary>
    internal long Last
    {
        get
        {
            lock (_gate) return _last;
        }
    }

    /// <summary>The newest error, which does not count as reported by that; null when all were.</summary>
    internal Exception? Newest
    {
        get
        {
            lock (_gate) return _entries.Count > 0 ? _entries[^1].Error : null;
        }
    }

    internal void Add(ByteRange range, Exception error)
    {
        lock (_gate)
        {
            // Merge the two oldest when the log is full: fewer handles count as told, and the range covers both.
            if (_entries.Count == EntriesMax)
            {
                var (first, second) = (_entries[0], _entries[1]);
                long start = Math.Min(first.Range.Offset, second.Range.Offset);
                long end = Math.Max(first.Range.End, second.Range.End);
                _entries[1] = second with { Range = ByteRange.FromBounds(start, end) };
                second.Told.IntersectWith(first.Told);
                _entries.RemoveAt(0);
            }

            _entries.Add(new Entry(++_last, range, error, []));
            _isEmpty = false;
        }
    }

    /// <summary>
    /// A handle is opened: an error that was reported to another handle counts as reported to this one too, since it
    /// concerns no write of this one.
    /// </summary>
    internal void Join(object listener)
    {
        lock (_gate)
        {
            foreach (var entry in _entries)
            {
                if (entry.Told.Count > 0) entry.Told.Add(listener);
            }
        }
    }

    /// <summary>
    /// The newest error that concerns a range and was not reported to this listener. All such errors count as reported
    /// now.
    /// </summary>
    internal Exception? Tell(object listener, ByteRange range)
    {
        Exception? newest = null;
        lock (_gate)
        {
            foreach (var entry in _entries)
            {
                if (entry.Range.Overlaps(range) && entry.Told.Add(listener)) newest = entry.Error;
            }
        }

        return newest;
    }

    /// <summary>A handle closed: drop every entry that all remaining handles have been told of.</summary>
    internal void Forget(IReadOnlyCollection<object> listenersLeft)
    {
        lock (_gate)
        {
            _entries.RemoveAll(entry => entry.Told.Count > 0 && listenersLeft.All(entry.Told.Contains));
            _isEmpty = _entries.Count == 0;
        }
    }

    private sealed record Entry(long Number, ByteRange Range, Exception Error, HashSet<object> Told);
}
