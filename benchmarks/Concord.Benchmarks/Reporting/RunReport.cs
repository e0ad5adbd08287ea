using Concord.Benchmarks.Goals;

namespace Concord.Benchmarks.Reporting;

/// <summary>Everything a run found out.</summary>
/// <param name="Machine">What it ran on: names and values.</param>
/// <param name="Rounds">Rounds of each comparison.</param>
/// <param name="Watched">What counted as a disturbance.</param>
/// <param name="IsPriorityRaised">Whether the system let the process go before others.</param>
/// <param name="Goals">The results.</param>
internal sealed record RunReport(
    IReadOnlyList<(string Name, string Value)> Machine, int Rounds, string Watched, bool IsPriorityRaised,
    IReadOnlyList<GoalResult> Goals);
