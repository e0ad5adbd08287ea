using System.Text;

namespace Concord.Tests.Contract;

/// <summary>
/// Makes and checks <c>docs/internals/rows.md</c>, the page that says which rows of the contract are proved.
/// </summary>
internal static class RowsPage
{
    private const string CheckName = "docs/internals/rows.md agrees with this run";

    // Enough to see which part of the contract moved.
    private const int StaleRowsNamed = 8;

    private const string Head = """
        # Rows of the contract

        What the NT routines promise, one row a promise, and the tests that prove it. This page is written by
        `dotnet run --project tests/Concord.Tests -c Release -- --rows` from the results of that run; every run of all
        tests checks it. A row counts as proved only when each test that carries its number has passed.

        """;

    /// <summary>The whole page.</summary>
    public static string Generate(IReadOnlyList<ContractRow> rows, IReadOnlyList<TestOutcome> outcomes)
    {
        var page = new StringBuilder(Head).Append('\n');
        int proved = rows.Count(row => JudgeRow(row, outcomes).IsProved);
        page.Append($"{proved} of {rows.Count} rows are proved.\n\n");
        page.Append("| # | given | when | then | status |\n|---|---|---|---|---|\n");
        foreach (var row in rows) page.Append(Line(row, outcomes)).Append('\n');
        return page.ToString();
    }

    /// <summary>
    /// Whether the page says what this run shows. Rows whose tests this machine skipped, or whose failure the run
    /// reports anyway, cannot be judged here and may say either.
    /// </summary>
    public static TestOutcome Check(IReadOnlyList<ContractRow> rows, IReadOnlyList<TestOutcome> outcomes, string page)
    {
        int[] unknown = [.. outcomes.SelectMany(outcome => outcome.Rows).Distinct()
            .Where(number => number < 1 || number > rows.Count)];
        if (unknown.Length > 0)
        {
            return TestOutcome.Check(
                CheckName, $"a test carries row {string.Join(", ", unknown)}; there are rows 1 to {rows.Count}");
        }

        var lines = page.Split('\n').ToHashSet();
        int[] stale =
        [
            .. rows.Where(row => JudgeRow(row, outcomes).IsJudged && !lines.Contains(Line(row, outcomes)))
                .Select(row => row.Number)
        ];
        string named = $"{string.Join(", ", stale.Take(StaleRowsNamed))}{(stale.Length > StaleRowsNamed ? ", …" : "")}";
        return TestOutcome.Check(
            CheckName,
            stale.Length == 0
                ? null : $"the page is stale for {stale.Length} rows ({named}); run the tests again with --rows");
    }

    private static string Line(ContractRow row, IReadOnlyList<TestOutcome> outcomes) =>
        $"| {row.Number} | {row.Given} | {row.When} | {row.Then} | {JudgeRow(row, outcomes).Status} |";

    private static (string Status, bool IsProved, bool IsJudged) JudgeRow(
        ContractRow row, IReadOnlyList<TestOutcome> outcomes)
    {
        TestOutcome[] mine = [.. outcomes.Where(outcome => outcome.Rows.Contains(row.Number))];
        if (mine.Length == 0) return (row.Excuse.Length > 0 ? $"excused: {row.Excuse}" : "not yet", false, true);
        if (mine.FirstOrDefault(outcome => outcome.Result == TestVerdict.Failed) is { } failed)
        {
            return ($"not yet: {failed.ShortName} fails", false, false);
        }

        var passed = mine.Where(outcome => outcome.Result == TestVerdict.Passed)
            .Select(outcome => $"`{outcome.ShortName}`");
        string[] proofs = [.. passed.Distinct().Order(StringComparer.Ordinal)];
        bool isWhole = mine.All(outcome => outcome.Result == TestVerdict.Passed);
        return proofs.Length > 0
            ? ($"proved by {string.Join(", ", proofs)}", true, isWhole)
            : ($"not yet: {mine[0].ShortName} was skipped", false, false);
    }
}
