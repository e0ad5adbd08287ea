using Concord.Caching;

namespace Concord.Tests.Caching.Replacement;

/// <summary>Pages that are numbers, in a cache that holds none of their bytes.</summary>
internal sealed class NumberedPages : IPageUse
{
    private readonly HashSet<uint> _there = [];
    private readonly HashSet<uint> _marked = [];

    internal NumberedPages(int capacity) => Policy = new ReplacementPolicy(this, capacity);

    internal ReplacementPolicy Policy { get; }

    /// <summary>How often a page was looked at.</summary>
    internal long Looks { get; private set; }

    internal int Count => _there.Count;

    internal bool Has(uint page) => _there.Contains(page);

    internal void Add(uint page, bool isAhead = false)
    {
        Assert.True(_there.Add(page));
        Policy.Add(page, isAhead);
    }

    internal void Use(uint page) => _marked.Add(page);

    /// <summary>A page leaves memory, and the policy is not told.</summary>
    internal void Lose(uint page)
    {
        _there.Remove(page);
        _marked.Remove(page);
    }

    /// <summary>Evicts what the policy chooses, or tells it that the page stays.</summary>
    internal uint Evict(bool stays = false)
    {
        Assert.True(Policy.TryChoose(out int node, out uint page));
        Assert.True(_there.Contains(page), "only a page that is there is chosen");
        if (stays)
        {
            Policy.Keep(node);
            return page;
        }

        Policy.Leave(node);
        Lose(page);
        return page;
    }

    /// <summary>A page is asked for, in a cache of so many pages.</summary>
    internal bool Request(uint page, int capacity)
    {
        if (Has(page))
        {
            Use(page);
            return true;
        }

        while (Count >= capacity) Evict();
        Add(page);
        return false;
    }

    PageUse IPageUse.Look(uint page)
    {
        Looks++;
        if (!_there.Contains(page)) return PageUse.Gone;
        return _marked.Remove(page) ? PageUse.Used : PageUse.None;
    }

    ulong IPageUse.HashOf(uint page) => ReplacementPolicy.Scatter(page + 1UL);
}
