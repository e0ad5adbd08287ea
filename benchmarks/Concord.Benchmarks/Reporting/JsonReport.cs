using System.Text.Json;
using System.Text.Json.Serialization;
using Concord.Benchmarks.Goals;

namespace Concord.Benchmarks.Reporting;

/// <summary>The results as JSON, every slice of every round included, for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Render(RunReport report) => JsonSerializer.Serialize(
        new
        {
            Machine = report.Machine.ToDictionary(fact => fact.Name, fact => fact.Value),
            report.Rounds,
            DisturbancesWatched = report.Watched,
            report.IsPriorityRaised,
            Goals = report.Goals.Select(GoalOf),
        },
        Options);

    private static object GoalOf(GoalResult goal) => new
    {
        goal.Goal.Name,
        goal.Goal.Title,
        goal.Goal.Target,
        goal.Verdict,
        NotMeasured = goal.Missing,
        Comparisons = goal.Comparisons.Select(ComparisonOf),
    };

    private static object ComparisonOf(ComparisonResult result) => new
    {
        result.Comparison.Title,
        result.Comparison.Bytes,
        result.Comparison.Reference,
        Demands = result.DemandResults.Select(demand => new { demand.Demand.Text, demand.Verdict, demand.Figure }),
        Rivals = result.Rivals.Select(rival => new
        {
            rival.Name,
            MedianNanoseconds = rival.Time.Median,
            P10Nanoseconds = rival.Time.P10,
            P90Nanoseconds = rival.Time.P90,
            Speed = result.SpeedOf(rival.Name, result.Comparison.Reference),
            Slices = rival.Slices.Select(
                slice => new { slice.Slice.Nanoseconds, slice.Slice.Left, slice.IsDisturbed, slice.DisturbedAttempts }),
        }),
    };
}
