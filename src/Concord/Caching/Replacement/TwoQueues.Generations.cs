namespace Concord.Caching;

// The hand that gathers marks, generations, and what is known of a page's uses.
internal sealed partial class TwoQueues
{
    /// <summary>Whether the lists have as many pages as are counted. For tests.</summary>
    internal bool IsExact()
    {
        int main = 0;
        for (int list = FirstOfMain; list < _nodes.First; list++) main += _nodes.Count(list);
        return main == _main && _nodes.Count(Probation) == _probation && _nodes.Count(Ahead) == _ahead;
    }

    private bool IsOddTime => (_generation / GenerationsAHalving & 1) != 0;

    /// <summary>A page comes: the hand passes over a few, and a new generation may begin.</summary>
    private void Pass()
    {
        int nodes = _nodes.End - _nodes.First;
        int looks = Math.Min(nodes, Math.Max(LooksMin, (nodes + _missesAGeneration - 1) / _missesAGeneration));
        for (; looks > 0; looks--)
        {
            if (_hand == _nodes.End) _hand = _nodes.First;
            int node = _hand++;
            if (_nodes[node].Place is PagePlace.Probation or PagePlace.Main && Gather(node)) Age(ref _nodes[node]);
        }

        if (++_misses < _missesAGeneration) return;
        _misses = 0;
        _generation++;
        if (_generation - _oldest < GenerationsMax) return;

        // The oldest generations become one.
        _nodes.Append(ListOf(_oldest), ListOf(_oldest + 1));
        _oldest++;
    }

    /// <summary>Takes a page's mark off and notes what it says; frees the node of a page that is gone.</summary>
    /// <returns>Whether the page is there.</returns>
    private bool Gather(int node)
    {
        ref var facts = ref _nodes[node];
        var use = _pages.Look(facts.Page);
        if (use == PageUse.Gone)
        {
            Unlink(node);
            _nodes.Free(node);
            return false;
        }

        if (use == PageUse.None) return true;
        if (facts.IsAhead)
        {
            // Its first use: it stands as if it had come now.
            Unlink(node);
            facts.IsAhead = false;
            facts.SetLastUse(_generation);
            Enter(node);
            return true;
        }

        facts.SetLastUse(_generation);
        facts.WasUsed = true;
        facts.Uses++;
        return true;
    }

    /// <summary>Notes the use with which a page comes, and what is known of it from before it left.</summary>
    /// <returns>Whether it had left lately.</returns>
    private bool Recall(ref PageNode facts)
    {
        bool hasLeft = false;
        var ghost = default(Ghost);
        if (_ghosts is { } ghosts) hasLeft = ghosts.TryTake(_pages.HashOf(facts.Page), _generation, out ghost);
        facts.SetUseBefore(hasLeft ? Math.Max(ghost.LastUse, _generation - PageNode.AgeMax) : _generation);
        int halvings = hasLeft ? (_generation / GenerationsAHalving) - (ghost.Left / GenerationsAHalving) : 0;
        facts.Uses = (ghost.Uses >> halvings) + 1;
        return hasLeft;
    }

    /// <summary>Keeps a page's times within their bits, and halves its uses when that is due.</summary>
    private void Age(ref PageNode facts)
    {
        int oldest = _generation - PageNode.AgeMax;
        if (facts.LastUse(_generation) < oldest) facts.SetLastUse(oldest);
        if (facts.UseBefore(_generation) < oldest) facts.SetUseBefore(oldest);
        if (facts.IsOdd == IsOddTime) return;
        facts.IsOdd = IsOddTime;
        facts.Uses >>= 1;
    }
}
