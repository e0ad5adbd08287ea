using System.Collections.Concurrent;

namespace Concord.Caching;

/// <summary>The files of one cache, and the order in which they got their sections.</summary>
internal sealed class CacheFiles
{
    private readonly ConcurrentDictionary<FileState, byte> _all = new();

    // _gate owns the queue and every file's place in it. It is the last of all locks.
    private readonly Lock _gate = new();
    private readonly LinkedList<FileState> _withSection = [];

    /// <summary>The files with dirty pages or a writable view.</summary>
    internal DirtyFiles Dirty { get; } = new();

    /// <summary>All files, in no order; a snapshot.</summary>
    internal IReadOnlyCollection<FileState> All => (IReadOnlyCollection<FileState>)_all.Keys;

    internal int Count => _all.Count;

    /// <summary>How many files have a section.</summary>
    internal int SectionCount
    {
        get
        {
            lock (_gate) return _withSection.Count;
        }
    }

    internal void Add(FileState file) => _all[file] = 0;

    internal void Remove(FileState file)
    {
        _all.TryRemove(file, out _);
        Dirty.Remove(file);
    }

    /// <summary>Notes that a file got its section.</summary>
    internal void SectionMade(FileState file)
    {
        lock (_gate) file.PlaceInSections = _withSection.AddLast(file);
    }

    /// <summary>Notes that a file's section is gone.</summary>
    internal void SectionGone(FileState file)
    {
        lock (_gate)
        {
            if (file.PlaceInSections is { } place) _withSection.Remove(place);
            file.PlaceInSections = null;
        }
    }

    /// <summary>
    /// The file at the front of the queue of sections; moves it to the end, so that the next call gets another one.
    /// </summary>
    internal FileState? NextWithSection()
    {
        lock (_gate)
        {
            if (_withSection.First is not { } first) return null;
            _withSection.RemoveFirst();
            _withSection.AddLast(first);
            return first.Value;
        }
    }
}
