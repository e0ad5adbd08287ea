namespace Concord.HitRatios.Policies;

/// <summary>The page that was used longest ago goes.</summary>
internal sealed class LruPolicy(int capacity, int footprint) : ReplacementPolicy
{
    private readonly PageLists _lists = new(footprint, lists: 1);
    private readonly bool[] _isCached = new bool[footprint];

    internal override bool Request(int page)
    {
        bool isHit = _isCached[page];
        if (isHit) _lists.Remove(0, page);
        else if (_lists.Count(0) == capacity) _isCached[_lists.RemoveOldest(0)] = false;
        _lists.AddNewest(0, page);
        _isCached[page] = true;
        return isHit;
    }
}
