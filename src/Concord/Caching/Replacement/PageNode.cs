namespace Concord.Caching;

/// <summary>
/// What the queues know of one page, in 16 bytes. Times are generations, of which the last bits are kept.
/// </summary>
internal struct PageNode
{
    /// <summary>Generations that are told apart: a bit more than any age that is asked for.</summary>
    internal const int TimeBits = 11;

    /// <summary>Older times are kept as this old.</summary>
    internal const int AgeMax = 1 << (TimeBits - 1);

    internal const int UsesMax = 15;

    private const int TimeMask = (1 << TimeBits) - 1, LastUseShift = 10, UseBeforeShift = LastUseShift + TimeBits;
    private const uint WasUsedBit = 1 << 6, IsAheadBit = 1 << 7, IsOddBit = 1 << 8;
    private const int PlaceShift = 4, PlaceMask = 3;

    private uint _facts;

    /// <summary>The page's number.</summary>
    internal uint Page { get; set; }

    /// <summary>The page that was used after it, in its list.</summary>
    internal int Newer { get; set; }

    /// <summary>The page that was used before it; of a free node, the next free one.</summary>
    internal int Older { get; set; }

    /// <summary>How often it was used lately.</summary>
    internal int Uses
    {
        readonly get => (int)(_facts & UsesMax);
        set => _facts = (_facts & ~(uint)UsesMax) | (uint)Math.Min(value, UsesMax);
    }

    internal PagePlace Place
    {
        readonly get => (PagePlace)((_facts >> PlaceShift) & PlaceMask);
        set => _facts = (_facts & ~((uint)PlaceMask << PlaceShift)) | ((uint)value << PlaceShift);
    }

    /// <summary>Whether it was used since it came into probation.</summary>
    internal bool WasUsed
    {
        readonly get => (_facts & WasUsedBit) != 0;
        set => Set(WasUsedBit, value);
    }

    /// <summary>Whether it was loaded ahead and nobody has used it yet.</summary>
    internal bool IsAhead
    {
        readonly get => (_facts & IsAheadBit) != 0;
        set => Set(IsAheadBit, value);
    }

    /// <summary>Whether its uses were last halved at an odd time.</summary>
    internal bool IsOdd
    {
        readonly get => (_facts & IsOddBit) != 0;
        set => Set(IsOddBit, value);
    }

    internal readonly int LastUse(int now) => Time(LastUseShift, now);

    internal readonly int UseBefore(int now) => Time(UseBeforeShift, now);

    internal void SetLastUse(int time) => SetTime(LastUseShift, time);

    internal void SetUseBefore(int time) => SetTime(UseBeforeShift, time);

    /// <summary>Forgets everything but its number.</summary>
    internal void Clear() => _facts = 0;

    private readonly int Time(int shift, int now) => now - ((now - (int)(_facts >> shift)) & TimeMask);

    private void SetTime(int shift, int time) =>
        _facts = (_facts & ~((uint)TimeMask << shift)) | ((uint)(time & TimeMask) << shift);

    private void Set(uint bit, bool isSet) => _facts = isSet ? _facts | bit : _facts & ~bit;
}

/// <summary>Where a page stands.</summary>
internal enum PagePlace
{
    /// <summary>Nowhere: the node is free.</summary>
    Free,

    /// <summary>Among the new pages, or among those that were loaded ahead.</summary>
    Probation,

    /// <summary>Among the pages that are to stay.</summary>
    Main,

    /// <summary>Chosen to leave.</summary>
    Chosen,
}
