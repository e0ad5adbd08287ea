namespace Concord.Caching;

/// <summary>
/// The parts of a lease, in ascending order. The first is stored in place, without an allocation: most leases have no
/// other.
/// </summary>
internal struct LeaseParts
{
    private LeasePart _first;
    private List<LeasePart>? _others;

    internal int Count { get; private set; }

    internal readonly LeasePart this[int index] => index == 0 ? _first : _others![index - 1];

    internal void Add(LeasePart part)
    {
        if (Count++ == 0) _first = part;
        else (_others ??= []).Add(part);
    }

    internal void Clear()
    {
        Count = 0;
        _first = default;
        _others?.Clear();
    }

    /// <summary>The end of the last part that is claimed, or of the last that is not; 0 if there is none.</summary>
    internal readonly long EndOf(bool areClaimed)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            if (this[i].Claim is not null == areClaimed) return this[i].End;
        }

        return 0;
    }
}
