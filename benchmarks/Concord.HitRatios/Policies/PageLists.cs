namespace Concord.HitRatios.Policies;

/// <summary>
/// Doubly linked lists of pages, without allocation: a page is in one list at most. Lists have numbers from 0.
/// </summary>
internal sealed class PageLists
{
    // Pages first, then a head for each list. A head is its own neighbour when the list is empty.
    private readonly int[] _previous;
    private readonly int[] _next;
    private readonly int[] _counts;
    private readonly int _heads;

    internal PageLists(int footprint, int lists)
    {
        _heads = footprint;
        _previous = new int[footprint + lists];
        _next = new int[footprint + lists];
        _counts = new int[lists];
        for (int head = footprint; head < _next.Length; head++) (_previous[head], _next[head]) = (head, head);
    }

    internal int Count(int list) => _counts[list];

    /// <summary>The page that has been in a list that is not empty longest.</summary>
    internal int Oldest(int list) => _previous[_heads + list];

    internal void AddNewest(int list, int page)
    {
        int head = _heads + list, first = _next[head];
        (_previous[page], _next[page]) = (head, first);
        (_next[head], _previous[first]) = (page, page);
        _counts[list]++;
    }

    internal void Remove(int list, int page)
    {
        (_next[_previous[page]], _previous[_next[page]]) = (_next[page], _previous[page]);
        _counts[list]--;
    }

    /// <summary>Takes the oldest page out of a list that is not empty.</summary>
    internal int RemoveOldest(int list)
    {
        int page = Oldest(list);
        Remove(list, page);
        return page;
    }

    /// <summary>The pages of a list, the newest first.</summary>
    internal IEnumerable<int> NewestFirst(int list)
    {
        for (int page = _next[_heads + list]; page < _heads; page = _next[page]) yield return page;
    }
}
