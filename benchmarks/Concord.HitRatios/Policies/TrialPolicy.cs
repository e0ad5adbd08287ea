namespace Concord.HitRatios.Policies;

/// <summary>
/// <see cref="TwoQueuePolicy"/> that changes its settings by trial: a sample of the pages is also asked of a small
/// policy for each setting, and the cache takes over the setting that misses least there.
/// </summary>
/// <remarks>
/// A cache of a share of the capacity that sees that share of the pages misses about as often as the whole one. So the
/// trials cost a little memory and, on the pages of the sample alone, a note of each hit.
/// </remarks>
internal sealed class TrialPolicy : ReplacementPolicy
{
    private const int TrialCapacityMax = 512;

    /// <summary>Misses count for about as many requests as this many times the capacity of a trial.</summary>
    private const double MemoryInCapacities = 20;

    /// <summary>So much fewer misses, in parts and at least, make the cache change its settings.</summary>
    private const double Margin = 0.02, MarginMin = 2;

    internal static readonly IReadOnlyList<QueueSettings> Choices =
    [
        new(0.01, Promotion.ByFrequency),
        new(0.01, Promotion.ByRecency),
        new(0.1, Promotion.ByFrequency),
        new(0.5, Promotion.Always),
        new(1, Promotion.Always),
    ];

    private readonly TwoQueuePolicy _cache;
    private readonly TwoQueuePolicy[] _trials;
    private readonly double[] _misses;
    private readonly double _fade;
    private readonly uint _sampleMax;
    private int _chosen;

    internal TrialPolicy(int capacity, int footprint)
    {
        int trialCapacity = Math.Min(capacity, TrialCapacityMax);
        _cache = new TwoQueuePolicy(capacity, footprint, Choices[0]);
        _trials = [.. Choices.Select(settings => new TwoQueuePolicy(trialCapacity, footprint, settings))];
        _misses = new double[_trials.Length];
        _fade = 1 - (1 / (MemoryInCapacities * trialCapacity));
        _sampleMax = (uint)((double)trialCapacity / capacity * uint.MaxValue);
    }

    internal override bool Request(int page)
    {
        if (PageHash.Of(page, salt: 0) <= _sampleMax) Try(page);
        return _cache.Request(page);
    }

    private void Try(int page)
    {
        int best = 0;
        for (int trial = 0; trial < _trials.Length; trial++)
        {
            _misses[trial] = (_misses[trial] * _fade) + (_trials[trial].Request(page) ? 0 : 1);
            if (_misses[trial] < _misses[best]) best = trial;
        }

        if (_misses[best] >= (_misses[_chosen] * (1 - Margin)) - MarginMin) return;
        _chosen = best;
        _cache.Settings = Choices[best];
    }
}
