namespace Concord.Caching;

/// <summary>
/// Nodes of pages in doubly linked lists, in blocks that are made as they are needed and then reused: no allocation for
/// a page. The first nodes are the lists' heads, which are their own neighbours while a list is empty.
/// </summary>
internal sealed class PageNodes
{
    private const int BlockShift = 7, BlockNodes = 1 << BlockShift;

    private readonly int _lists;
    private PageNode[][] _blocks = [];
    private int _end;
    private int _free;

    /// <param name="lists">How many lists there are.</param>
    internal PageNodes(int lists)
    {
        _lists = lists;
        for (int list = 0; list < lists; list++)
        {
            int head = NextNode();
            (this[head].Newer, this[head].Older) = (head, head);
        }

        _free = -1;
    }

    /// <summary>The first node of a page, and the node behind the last one that was ever taken.</summary>
    internal int First => _lists;

    internal int End => _end;

    internal ref PageNode this[int node] => ref _blocks[node >> BlockShift][node & (BlockNodes - 1)];

    /// <summary>A free node, for a page.</summary>
    internal int Take(uint page)
    {
        int node = _free;
        if (node >= 0) _free = this[node].Older;
        else node = NextNode();
        this[node].Clear();
        this[node].Page = page;
        return node;
    }

    /// <summary>Frees a node that is in no list.</summary>
    internal void Free(int node)
    {
        this[node].Clear();
        this[node].Older = _free;
        _free = node;
    }

    internal bool IsEmpty(int list) => this[list].Older == list;

    /// <summary>The node that has been in a list longest; the list is not empty.</summary>
    internal int Oldest(int list) => this[list].Newer;

    /// <summary>How many nodes a list has: walks over it.</summary>
    internal int Count(int list)
    {
        int count = 0;
        for (int node = Oldest(list); node != list; node = this[node].Newer) count++;
        return count;
    }

    internal void AddNewest(int list, int node)
    {
        int newest = this[list].Older;
        (this[node].Newer, this[node].Older) = (list, newest);
        (this[list].Older, this[newest].Newer) = (node, node);
    }

    internal void Unlink(int node)
    {
        var (newer, older) = (this[node].Newer, this[node].Older);
        (this[newer].Older, this[older].Newer) = (older, newer);
    }

    /// <summary>Moves all of one list to the old end of another.</summary>
    internal void Append(int list, int toOldOf)
    {
        if (IsEmpty(list)) return;
        var (oldest, newest) = (this[list].Newer, this[list].Older);
        int first = this[toOldOf].Newer;
        (this[toOldOf].Newer, this[oldest].Older) = (oldest, toOldOf);
        (this[newest].Newer, this[first].Older) = (first, newest);
        (this[list].Newer, this[list].Older) = (list, list);
    }

    private int NextNode()
    {
        int node = _end++;
        int block = node >> BlockShift;
        if (block == _blocks.Length) Array.Resize(ref _blocks, Math.Max(1, block * 2));
        _blocks[block] ??= new PageNode[BlockNodes];
        return node;
    }
}
