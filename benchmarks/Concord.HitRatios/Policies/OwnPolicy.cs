using Concord.Caching;

namespace Concord.HitRatios.Policies;

/// <summary>The library's own policy: the code that the cache runs, as for the pages of its first file.</summary>
internal sealed class OwnPolicy : ReplacementPolicy, IPageUse
{
    private readonly Caching.ReplacementPolicy _policy;
    private readonly int _capacity;
    private readonly bool[] _isCached, _isMarked;

    internal OwnPolicy(int capacity, int footprint)
    {
        _capacity = capacity;
        (_isCached, _isMarked) = (new bool[footprint], new bool[footprint]);
        _policy = new Caching.ReplacementPolicy(this, capacity);
    }

    internal override bool Request(int page)
    {
        if (_isCached[page])
        {
            _isMarked[page] = true;
            return true;
        }

        if (_policy.Count >= _capacity && _policy.TryChoose(out int node, out uint victim))
        {
            _isCached[victim] = false;
            _policy.Leave(node);
        }

        (_isCached[page], _isMarked[page]) = (true, false);
        _policy.Add((uint)page, isAhead: false);
        return false;
    }

    PageUse IPageUse.Look(uint page)
    {
        bool isMarked = _isMarked[page];
        _isMarked[page] = false;
        return isMarked ? PageUse.Used : PageUse.None;
    }

    ulong IPageUse.HashOf(uint page) => Caching.ReplacementPolicy.Scatter(EvictionPlace.KeyOf(file: 1, page));
}
