namespace Concord.HitRatios.Policies;

/// <summary>
/// A probation queue of new pages, and a main part in the order of use, known by generations. A hit only sets the
/// page's mark; when a sixteenth of the capacity has been missed, the marks are gathered and a new generation begins.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A page that misses goes into probation, unless it left lately and may be promoted.</item>
/// <item>When room is needed, the oldest page of probation leaves if it has no mark. With a mark it is promoted, or
/// goes round once more.</item>
/// <item>A promotion takes the place of the main part's oldest page, if it beats that one by the rule of the settings;
/// the oldest page goes into probation for a last chance.</item>
/// <item>Pages that left are remembered, twice as many as are cached.</item>
/// </list>
/// </remarks>
internal sealed class TwoQueuePolicy : ReplacementPolicy
{
    private const int Probation = 0, Left = 1, FirstGeneration = 2, Nowhere = -1;
    private const int GenerationsMax = 256, GenerationsACapacity = 16, UsesMax = 15, GenerationsAHalving = 128;

    private readonly int _capacity, _missesAGeneration;
    private readonly PageLists _lists;

    // Where each page is: a list, of which those from FirstGeneration on are the main part.
    private readonly short[] _list;
    private readonly bool[] _isMarked, _wasUsed;
    private readonly byte[] _uses;
    private readonly int[] _lastUse, _useBefore;
    private QueueSettings _settings;
    private int _probationMax, _main, _generation = 1, _oldest = 1, _misses;

    internal TwoQueuePolicy(int capacity, int footprint, QueueSettings settings)
    {
        _capacity = capacity;
        _missesAGeneration = Math.Max(1, capacity / GenerationsACapacity);
        _lists = new PageLists(footprint, FirstGeneration + GenerationsMax);
        _list = new short[footprint];
        Array.Fill(_list, (short)Nowhere);
        (_isMarked, _wasUsed, _uses) = (new bool[footprint], new bool[footprint], new byte[footprint]);
        (_lastUse, _useBefore) = (new int[footprint], new int[footprint]);
        Settings = settings;
    }

    /// <summary>May be changed at any time; the queues follow as pages come and go.</summary>
    internal QueueSettings Settings
    {
        get => _settings;
        set
        {
            _settings = value;
            _probationMax = Math.Clamp((int)(value.ProbationShare * _capacity), 1, _capacity);
        }
    }

    private int MainMax => _capacity - _probationMax;

    internal override bool Request(int page)
    {
        if (IsCached(page))
        {
            _isMarked[page] = true;
            return true;
        }

        CountUse(page);
        BeginGenerationWhenDue();
        bool hasLeft = _list[page] == Left;
        if (hasLeft) Move(page, Nowhere);
        if (_main + _lists.Count(Probation) >= _capacity) Evict();
        _useBefore[page] = _lastUse[page];
        _lastUse[page] = _generation;
        _wasUsed[page] = false;
        if (!(hasLeft ? TryPromote(page) : TryFillMain(page))) MoveIntoProbation(page, _generation);
        return false;
    }

    private bool IsCached(int page) => _list[page] is Probation or >= FirstGeneration;

    /// <summary>Before anything has left, the main part fills with what comes first.</summary>
    private bool TryFillMain(int page)
    {
        if (_lists.Count(Probation) > 0 || _main >= MainMax) return false;
        MoveIntoMain(page);
        return true;
    }

    private bool TryPromote(int page)
    {
        if (MainMax == 0 || _main == 0) return false;
        if (_main < MainMax)
        {
            MoveIntoMain(page);
            return true;
        }

        int victim = OldestOfMain();
        if (!Beats(page, victim)) return false;
        Move(victim, Nowhere);
        _wasUsed[victim] = false;
        MoveIntoProbation(victim, _lastUse[victim]);
        MoveIntoMain(page);
        return true;
    }

    private bool Beats(int page, int victim) => _settings.Promotion switch
    {
        Promotion.Always => true,
        Promotion.ByRecency => _useBefore[page] > _lastUse[victim],
        _ => _uses[page] > _uses[victim],
    };

    private void Evict()
    {
        // Each page goes round once, at most: then its mark is gone.
        while (_lists.Count(Probation) > 0 && (_main == 0 || _main <= MainMax))
        {
            int page = _lists.Oldest(Probation);
            Gather(page);
            Move(page, Nowhere);
            if (!_wasUsed[page])
            {
                Remember(page);
                return;
            }

            _wasUsed[page] = false;
            if (!TryPromoteUsed(page)) MoveIntoProbation(page, _lastUse[page]);
        }

        int oldest = OldestOfMain();
        Move(oldest, Nowhere);
        Remember(oldest);
    }

    private bool TryPromoteUsed(int page)
    {
        if (MainMax == 0 || _main >= MainMax) return TryPromote(page);
        MoveIntoMain(page);
        return true;
    }

    private void Remember(int page)
    {
        Move(page, Left);
        if (_lists.Count(Left) > 2 * _capacity) Move(_lists.Oldest(Left), Nowhere);
    }

    private int OldestOfMain()
    {
        while (true)
        {
            int list = ListOf(_oldest);
            if (_lists.Count(list) == 0)
            {
                _oldest++;
                continue;
            }

            int page = _lists.Oldest(list);
            Gather(page);
            if (_lastUse[page] <= _oldest) return page;
            Move(page, ListOf(_lastUse[page]));
        }
    }

    private void BeginGenerationWhenDue()
    {
        if (++_misses < _missesAGeneration) return;
        _misses = 0;
        for (int list = 0; list < FirstGeneration + GenerationsMax; list++)
        {
            if (list == Left) continue;
            foreach (int page in _lists.NewestFirst(list)) Gather(page);
        }

        _generation++;
        if (_generation % GenerationsAHalving == 0)
        {
            for (int page = 0; page < _uses.Length; page++) _uses[page] >>= 1;
        }

        if (_generation - _oldest < GenerationsMax) return;
        while (_lists.Count(ListOf(_oldest)) > 0)
        {
            int page = _lists.Oldest(ListOf(_oldest));
            Move(page, ListOf(Math.Max(_lastUse[page], _oldest + 1)));
        }

        _oldest++;
    }

    /// <summary>Takes a mark off and notes what it says.</summary>
    private void Gather(int page)
    {
        if (!_isMarked[page]) return;
        _isMarked[page] = false;
        _wasUsed[page] = true;
        _lastUse[page] = _generation;
        CountUse(page);
    }

    private void CountUse(int page)
    {
        if (_uses[page] < UsesMax) _uses[page]++;
    }

    private void MoveIntoProbation(int page, int useBefore)
    {
        _useBefore[page] = useBefore;
        Move(page, Probation);
    }

    private void MoveIntoMain(int page) => Move(page, ListOf(Math.Max(_lastUse[page], _oldest)));

    private static int ListOf(int generation) => FirstGeneration + (generation % GenerationsMax);

    private void Move(int page, int list)
    {
        if (_list[page] != Nowhere) _lists.Remove(_list[page], page);
        if (_list[page] >= FirstGeneration) _main--;
        _list[page] = (short)list;
        if (list == Nowhere) return;
        _lists.AddNewest(list, page);
        if (list >= FirstGeneration) _main++;
    }
}
