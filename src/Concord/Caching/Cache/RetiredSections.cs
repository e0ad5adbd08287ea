using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Sections that their files have given up while a copy was still inside. A copy whose own memory does not answer
/// cannot be stopped, and its pages must not be unmapped. Each section is freed when the last copy has ended.
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

    /// <param name="section">The section, of which only pages with a copy inside have memory.</param>
    internal void Add(Section section)
    {
        lock (_gate) _kept.Add(section);
    }

    /// <summary>Frees the sections without a copy inside. Does not wait.</summary>
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
