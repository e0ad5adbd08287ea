namespace Concord.Caching;

/// <summary>
/// A probation queue of new pages, and a main part in the order of use, known by generations: one passes while a
/// sixteenth of the capacity is missed. A hit only sets the page's mark. A hand passes over all pages once a generation
/// and gathers the marks; each new page moves it on by a few.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>A new page goes into probation, unless it left lately and may be promoted.</item>
/// <item>When room is needed, the oldest page of probation leaves if it has no mark. With a mark it is promoted, or
/// goes round once more.</item>
/// <item>A promotion takes the place of the main part's oldest page, if it beats that one by the rule of the settings;
/// the oldest page goes into probation for a last chance.</item>
/// <item>Pages that left are remembered, twice as many as are cached.</item>
/// <item>A page that was loaded ahead waits for its first use in a queue of its own, which takes its room from the main
/// part. The first use makes it a new page. Unused, it leaves when too many wait, or when it has waited long.</item>
/// </list>
/// It takes no lock, and knows pages by numbers. Pages may go without its being told: it notices when it looks.
/// </remarks>
internal sealed partial class TwoQueues
{
    private const int Probation = 0, Ahead = 1, FirstOfMain = 2, GenerationsMax = 256;
    private const int GenerationsACapacity = 16, GhostsACapacity = 2, GenerationsAHalving = 128;

    /// <summary>
    /// How many pages a new page has the hand pass over at least, so that pages that are gone are found.
    /// </summary>
    private const int LooksMin = 4;

    /// <summary>How long pages loaded ahead may wait for their first use, and in what part of the capacity.</summary>
    private const int AheadGenerationsMax = 4, AheadShare = 4;

    /// <summary>The most pages that one choice, or one page that comes, passes over because they were used.</summary>
    private const int StepsMax = 256;

    private readonly IPageUse _pages;
    private readonly PageNodes _nodes = new(FirstOfMain + GenerationsMax);
    private GhostTable? _ghosts;
    private QueueSettings _settings;
    private int _capacity, _probationMax, _missesAGeneration;
    private int _probation, _main, _ahead;
    private int _generation = 1, _oldest = 1, _misses, _hand, _steps;
    private bool _isFilling;

    internal TwoQueues(IPageUse pages, int capacity, QueueSettings settings)
    {
        _pages = pages;
        _settings = settings;
        _hand = _nodes.First;
        Resize(capacity);
    }

    /// <summary>How many pages it orders, without those that are chosen to leave.</summary>
    internal int Count => _probation + _main + _ahead;

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

    private int MainMax => Math.Max(0, _capacity - _probationMax - _ahead);

    /// <summary>Changes how many pages fit. Pages that left are forgotten.</summary>
    internal void Resize(int capacity)
    {
        _capacity = capacity;
        _missesAGeneration = Math.Max(1, capacity / GenerationsACapacity);
        _ghosts = null;
        Settings = _settings;
    }

    /// <summary>A page has come that is not known.</summary>
    /// <param name="page">Its number.</param>
    /// <param name="isAhead">Whether nobody has asked for it yet.</param>
    internal void Add(uint page, bool isAhead)
    {
        if (Count == 0) _isFilling = true;
        Pass();
        _steps = StepsMax;
        int node = _nodes.Take(page);
        ref var facts = ref _nodes[node];
        facts.SetLastUse(_generation);
        facts.IsOdd = IsOddTime;
        facts.IsAhead = isAhead;
        if (isAhead) Enqueue(node);
        else Enter(node);
    }

    /// <summary>
    /// Chooses a page to leave. Then say what became of it: <see cref="Leave"/> or <see cref="Keep"/>.
    /// </summary>
    /// <returns>Its node; -1 if there is no page.</returns>
    internal int Choose()
    {
        _steps = StepsMax;
        _isFilling = false;
        if (ChooseAhead() is var unused and >= 0) return Take(unused);

        // Each page of probation goes round once, at most: then its mark is gone.
        while (_probation > 0 && (_main == 0 || _main <= MainMax))
        {
            int node = _nodes.Oldest(Probation);
            if (!Gather(node)) continue;
            if (!_nodes[node].WasUsed || --_steps < 0) return Take(node);
            _nodes[node].WasUsed = false;
            Unlink(node);
            if (!TryPromoteUsed(node)) MoveIntoProbation(node, _nodes[node].LastUse(_generation));
        }

        int oldest = OldestOfMain();
        if (oldest >= 0) return Take(oldest);
        return Count > 0 ? Choose() : oldest;
    }

    /// <summary>The page of a node that was chosen.</summary>
    internal uint PageOf(int node) => _nodes[node].Page;

    /// <summary>A chosen page has left.</summary>
    internal void Leave(int node)
    {
        ref var facts = ref _nodes[node];
        if (!facts.IsAhead)
        {
            _ghosts ??= new GhostTable((long)GhostsACapacity * _capacity, GhostsACapacity * GenerationsACapacity);
            var ghost = new Ghost(facts.LastUse(_generation), facts.Uses, _generation);
            _ghosts.Add(_pages.HashOf(facts.Page), ghost, _generation);
        }

        _nodes.Free(node);
    }

    /// <summary>A chosen page stays: it could not leave.</summary>
    internal void Keep(int node)
    {
        if (_nodes[node].IsAhead) Enqueue(node);
        else if (_main < MainMax && _nodes[node].WasUsed) MoveIntoMain(node);
        else MoveIntoProbation(node, _nodes[node].UseBefore(_generation));
    }

    /// <summary>A page has its first use since it came.</summary>
    private void Enter(int node)
    {
        bool hasLeft = Recall(ref _nodes[node]);
        if (hasLeft ? TryPromote(node) : TryFillMain(node)) return;
        MoveIntoProbation(node, _nodes[node].UseBefore(_generation));
    }

    /// <summary>
    /// A page that was loaded ahead and has waited too long, or with too many others, without a use; -1 for none.
    /// </summary>
    private int ChooseAhead()
    {
        for (; _ahead > 0 && _steps > 0; _steps--)
        {
            int node = _nodes.Oldest(Ahead);
            if (!Gather(node) || !_nodes[node].IsAhead) continue;
            bool isLate = _generation - _nodes[node].LastUse(_generation) > AheadGenerationsMax;
            return isLate || _ahead > Math.Max(1, _capacity / AheadShare) || Count == _ahead ? node : -1;
        }

        return -1;
    }

    private int Take(int node)
    {
        Unlink(node);
        _nodes[node].Place = PagePlace.Chosen;
        return node;
    }

    /// <summary>Before anything has left, the main part fills with what comes first.</summary>
    private bool TryFillMain(int node)
    {
        if (!_isFilling || _main >= MainMax) return false;
        MoveIntoMain(node);
        return true;
    }

    private bool TryPromote(int node)
    {
        if (MainMax == 0 || _main == 0) return false;
        if (_main < MainMax)
        {
            MoveIntoMain(node);
            return true;
        }

        int victim = OldestOfMain();
        if (victim < 0 || !Beats(_nodes[node], _nodes[victim])) return false;
        Unlink(victim);
        _nodes[victim].WasUsed = false;
        MoveIntoProbation(victim, _nodes[victim].LastUse(_generation));
        MoveIntoMain(node);
        return true;
    }

    private bool TryPromoteUsed(int node)
    {
        if (MainMax == 0 || _main >= MainMax) return TryPromote(node);
        MoveIntoMain(node);
        return true;
    }

    private bool Beats(in PageNode page, in PageNode victim) => _settings.Promotion switch
    {
        Promotion.Always => true,
        Promotion.ByRecency => page.UseBefore(_generation) > victim.LastUse(_generation),
        _ => page.Uses > victim.Uses,
    };

    /// <summary>The page of the main part that was used longest ago; -1 if there is none any more.</summary>
    private int OldestOfMain()
    {
        while (_main > 0)
        {
            if (_nodes.IsEmpty(ListOf(_oldest)))
            {
                _oldest++;
                continue;
            }

            int node = _nodes.Oldest(ListOf(_oldest));
            if (!Gather(node)) continue;
            if (_nodes[node].LastUse(_generation) <= _oldest || --_steps < 0) return node;
            Unlink(node);
            MoveIntoMain(node);
        }

        return -1;
    }

    private void Enqueue(int node)
    {
        _nodes[node].Place = PagePlace.Probation;
        _nodes.AddNewest(Ahead, node);
        _ahead++;
    }

    private void MoveIntoProbation(int node, int useBefore)
    {
        _nodes[node].SetUseBefore(useBefore);
        _nodes[node].Place = PagePlace.Probation;
        _nodes.AddNewest(Probation, node);
        _probation++;
    }

    private void MoveIntoMain(int node)
    {
        ref var facts = ref _nodes[node];
        facts.Place = PagePlace.Main;
        _nodes.AddNewest(ListOf(Math.Max(facts.LastUse(_generation), _oldest)), node);
        _main++;
    }

    private void Unlink(int node)
    {
        _nodes.Unlink(node);
        if (_nodes[node].IsAhead) _ahead--;
        else if (_nodes[node].Place == PagePlace.Probation) _probation--;
        else _main--;
    }

    private static int ListOf(int generation) => FirstOfMain + (generation % GenerationsMax);
}
