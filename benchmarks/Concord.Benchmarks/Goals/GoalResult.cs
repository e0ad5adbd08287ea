using Concord.Benchmarks.Harness;

namespace Concord.Benchmarks.Goals;

/// <summary>What came out of a goal's comparisons.</summary>
/// <param name="Goal">What was measured.</param>
/// <param name="Comparisons">The figures; none when it could not be measured.</param>
/// <param name="Missing">Why it could not be measured.</param>
internal sealed record GoalResult(Goal Goal, IReadOnlyList<ComparisonResult> Comparisons, string? Missing = null)
{
    public Verdict Verdict =>
        Verdicts.Worst(Comparisons.SelectMany(comparison => comparison.DemandResults).Select(result => result.Verdict));

    /// <summary>Measured slices of all rivals, and how many of them every attempt at was disturbed.</summary>
    public (int Slices, int Disturbed) Slices =>
        (Comparisons.Sum(comparison => comparison.Rivals.Sum(rival => rival.Slices.Count)),
            Comparisons.Sum(comparison => comparison.Rivals.Sum(rival => rival.DisturbedSlices)));

    /// <summary>Runs a goal, or says what is missing.</summary>
    public static GoalResult Run(Goal goal, RunSettings settings, IDisturbanceMeter meter, Action<Comparison> started,
        Action sliceDone, CancellationToken cancellationToken)
    {
        if (goal.Missing(settings) is { } missing) return new GoalResult(goal, [], missing);

        var results = new List<ComparisonResult>();
        foreach (Comparison comparison in goal.Comparisons(settings))
        {
            started(comparison);
            results.Add(comparison.Run(settings.Rounds, meter, sliceDone, cancellationToken));
        }

        return new GoalResult(goal, results);
    }
}
