using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Sections that are no longer used, and in which somebody is still copying: a reader whose own memory does not answer
/// cannot be stopped, and must not have the pages unmapped under it. Each goes when the last one has left it.
/// </summary>
internal sealed class RetiredSections
{
    // _gate owns the list.
    private readonly Lock _gate = new();
    private readonly List<Section> _kept = [];

    /// <summary>How many there are.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return _kept.Count;
        }
    }

    /// <param name="section">The section, of which only pages that somebody is inside have memory.</param>
    internal void Add(Section section)
    {
        lock (_gate) _kept.Add(section);
    }

    /// <summary>Frees those that everybody has left. Does not wait.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            if (_kept.Count == 0) return;
            Pins.Fence();
            _kept.RemoveAll(TryFree);
        }
    }

    private static bool TryFree(Section section)
    {
        if (!Pins.Drain(section.Id, TimeSpan.Zero)) return false;
        section.Dispose();
        return true;
    }
}
