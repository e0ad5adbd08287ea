using System.Globalization;

namespace Concord.Tests.Running;

/// <summary>
/// What the test program says at the end: skips with their reasons, figures, the dearest tests, failures, and one line
/// of totals.
/// </summary>
internal static class TestReport
{
    private const int DearestCount = 20;

    public static void Write(TextWriter output, IReadOnlyList<TestOutcome> outcomes, bool isFull, TimeSpan elapsed)
    {
        WriteSkips(output, [.. outcomes.Where(outcome => outcome.Result == TestVerdict.Skipped)]);
        WriteFigures(output, [.. outcomes.SelectMany(outcome => outcome.Figures)], isFull);
        WriteDearest(output, outcomes);
        // Last of all: a long log is read from its end.
        WriteFailures(output, [.. outcomes.Where(outcome => outcome.Result == TestVerdict.Failed)]);
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{(isFull ? "full" : "default")} run, {elapsed.TotalSeconds:F1} s"));
        output.WriteLine(Totals(outcomes));
    }

    /// <summary>The last line, which other programs read.</summary>
    public static string Totals(IReadOnlyList<TestOutcome> outcomes)
    {
        int Count(TestVerdict result) => outcomes.Count(outcome => outcome.Result == result);
        return $"{Count(TestVerdict.Passed)} passed, {Count(TestVerdict.Failed)} failed, {Count(TestVerdict.Skipped)} "
            + "skipped";
    }

    /// <summary>The tests that took longest, with their share of all: where a run is made shorter first.</summary>
    private static void WriteDearest(TextWriter output, IReadOnlyList<TestOutcome> outcomes)
    {
        TestOutcome[] dearest = [.. outcomes.OrderByDescending(static outcome => outcome.Seconds).Take(DearestCount)];
        if (outcomes.Count <= DearestCount || dearest.All(static outcome => outcome.Seconds == 0)) return;
        double all = outcomes.Sum(static outcome => outcome.Seconds);
        double theirs = dearest.Sum(static outcome => outcome.Seconds);
        var culture = CultureInfo.InvariantCulture;
        output.WriteLine();
        output.WriteLine(string.Create(culture, $"The {DearestCount} dearest tests, {theirs:F1} of {all:F1} s:"));
        foreach (var outcome in dearest)
            output.WriteLine(string.Create(culture, $"  {outcome.Seconds,6:F1} s  {outcome.Name}"));
    }

    private static void WriteFailures(TextWriter output, IReadOnlyList<TestOutcome> failed)
    {
        if (failed.Count == 0) return;
        output.WriteLine();
        output.WriteLine("Failed:");
        foreach (var outcome in failed)
        {
            output.WriteLine($"  {outcome.Name}");
            foreach (string line in outcome.Reason.Split('\n')) output.WriteLine($"      {line.TrimEnd()}");
        }
    }

    private static void WriteSkips(TextWriter output, IReadOnlyList<TestOutcome> skipped)
    {
        if (skipped.Count == 0) return;
        output.WriteLine();
        output.WriteLine("Skipped:");
        foreach (var reason in skipped.GroupBy(outcome => outcome.Reason)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"  {reason.Key}");
            foreach (var outcome in reason) output.WriteLine($"      {outcome.Name}");
        }
    }

    private static void WriteFigures(TextWriter output, IReadOnlyList<Figure> figures, bool isFull)
    {
        if (figures.Count == 0) return;
        output.WriteLine();
        output.WriteLine(isFull ? "Figures:" : "Figures, of slices (--full runs the whole):");
        Figure[] table = [new Figure("#", "what", "measured", "should be"), .. figures];
        foreach (var row in table)
        {
            output.WriteLine(
                $"  {row.Id.PadRight(table.Max(figure => figure.Id.Length))}"
                + $"  {row.What.PadRight(table.Max(figure => figure.What.Length))}"
                + $"  {row.Value.PadLeft(table.Max(figure => figure.Value.Length))}  {row.Target}");
        }
    }
}
