namespace Concord.Caching;

/// <summary>
/// Decides which pages leave memory: <see cref="TwoQueues"/> that change their settings by trial. A sample of the pages
/// is also asked of a small cache for each setting, and the queues take over the setting that misses least there.
/// </summary>
/// <remarks>
/// <para>
/// A cache of a share of the capacity that sees that share of the pages misses about as often as the whole one. The
/// trials see a use of a page when its mark is gathered, so that a hit does nothing but set it.
/// </para>
/// <para>
/// It does no I/O and takes no lock: its owner calls one method at a time. It takes 32 bytes for each page of the
/// capacity, as far as they are used, and for the trials 160 KiB at most.
/// </para>
/// </remarks>
internal sealed class ReplacementPolicy : IPageUse
{
    private const int TrialCapacityMax = 512;

    /// <summary>Misses count for about as many requests as this many times the capacity of a trial.</summary>
    private const double MemoryInCapacities = 20;

    /// <summary>
    /// So much fewer misses make the queues change their settings: a part of them, a part of their root, which is what
    /// chance does, and a few.
    /// </summary>
    private const double Margin = 0.02, MarginOfRoot = 0.15, MarginMin = 2;

    internal static readonly IReadOnlyList<QueueSettings> Choices =
    [
        new(0.01, Promotion.ByFrequency),
        new(0.01, Promotion.ByRecency),
        new(0.1, Promotion.ByFrequency),
        new(0.5, Promotion.Always),
        new(1, Promotion.Always),
    ];

    private readonly IPageUse _pages;
    private readonly TwoQueues _queues;
    private readonly TrialCache[] _trials = new TrialCache[Choices.Count];
    private readonly double[] _misses = new double[Choices.Count];
    private double _fade;
    private uint _sampleMax;
    private int _capacity, _chosen;

    /// <param name="pages">What it asks of the pages.</param>
    /// <param name="capacity">How many pages fit.</param>
    internal ReplacementPolicy(IPageUse pages, long capacity)
    {
        _pages = pages;
        _capacity = Clamp(capacity);
        _queues = new TwoQueues(this, _capacity, Choices[0]);
        MakeTrials();
    }

    /// <summary>How many pages it orders, without those that are chosen to leave.</summary>
    internal int Count => _queues.Count;

    /// <summary>Whether its lists have as many pages as it counts. For tests.</summary>
    internal bool IsExact() => _queues.IsExact();

    /// <summary>Changes how many pages fit. Does nothing if that is what it is.</summary>
    internal void Resize(long capacity)
    {
        int pages = Clamp(capacity);
        if (pages == _capacity) return;
        _capacity = pages;
        _queues.Resize(pages);
        MakeTrials();
    }

    /// <summary>A page has come that is not known.</summary>
    /// <param name="page">Its number.</param>
    /// <param name="isAhead">Whether nobody has asked for it yet.</param>
    internal void Add(uint page, bool isAhead)
    {
        if (!isAhead) Sample(page);
        _queues.Add(page, isAhead);
    }

    /// <summary>
    /// Chooses a page to leave. Then say what became of it: <see cref="Leave"/> or <see cref="Keep"/>.
    /// </summary>
    /// <param name="node">What the policy calls it until then.</param>
    /// <param name="page">Its number.</param>
    /// <returns>False if there is no page.</returns>
    internal bool TryChoose(out int node, out uint page)
    {
        node = _queues.Choose();
        page = node < 0 ? 0 : _queues.PageOf(node);
        return node >= 0;
    }

    /// <summary>A chosen page has left; its number may be given to another one.</summary>
    internal void Leave(int node) => _queues.Leave(node);

    /// <summary>A chosen page stays: it could not leave.</summary>
    internal void Keep(int node) => _queues.Keep(node);

    PageUse IPageUse.Look(uint page)
    {
        var use = _pages.Look(page);
        if (use == PageUse.Used) Sample(page);
        return use;
    }

    ulong IPageUse.HashOf(uint page) => _pages.HashOf(page);

    /// <summary>Scatters a number over 64 bits.</summary>
    internal static ulong Scatter(ulong number)
    {
        number = (number ^ (number >> 32)) * 0x9FB21C651E98DF25;
        number = (number ^ (number >> 35)) * 0xD6E8FEB86659FD93;
        return number ^ (number >> 32);
    }

    private static int Clamp(long capacity) => (int)Math.Clamp(capacity, 1, int.MaxValue / 2);

    private void MakeTrials()
    {
        int trialCapacity = Math.Min(_capacity, TrialCapacityMax);
        for (int trial = 0; trial < _trials.Length; trial++)
            _trials[trial] = new TrialCache(trialCapacity, Choices[trial]);
        _fade = 1 - (1 / (MemoryInCapacities * trialCapacity));
        _sampleMax = (uint)((double)trialCapacity / _capacity * uint.MaxValue);
    }

    /// <summary>A page was used: if it is in the sample, the trials are asked for it.</summary>
    private void Sample(uint page)
    {
        // Other bits than the ghosts' bucket and tag, which are the upper and the lowest.
        ulong hash = _pages.HashOf(page);
        if ((uint)(hash >> 8) > _sampleMax) return;
        int best = 0;
        for (int trial = 0; trial < _trials.Length; trial++)
        {
            _misses[trial] = (_misses[trial] * _fade) + (_trials[trial].Request(hash) ? 0 : 1);
            if (_misses[trial] < _misses[best]) best = trial;
        }

        double misses = _misses[_chosen];
        if (_misses[best] >= (misses * (1 - Margin)) - (Math.Sqrt(misses) * MarginOfRoot) - MarginMin) return;
        _chosen = best;
        _queues.Settings = Choices[best];
    }
}
