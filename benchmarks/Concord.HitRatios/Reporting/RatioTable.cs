using System.Globalization;

namespace Concord.HitRatios.Reporting;

/// <summary>
/// Miss ratios as a table: the best of each row has a star, what misses more than may be an exclamation mark. Below
/// stand the mean of all rows, the greatest regret (misses beyond the best of the others), and how many rows have one
/// that is too great.
/// </summary>
internal sealed class RatioTable(IReadOnlyList<PolicyKind> policies)
{
    private const int FirstColumns = 34, Column = 11;

    internal void Write(IReadOnlyList<ReplayRow> rows)
    {
        Line($"{"trace",-18}{"pages",8}{"optimum",8}", policies.Select(static kind => kind.Name));
        foreach (var row in rows)
        {
            double best = BestOfRivals(row);
            Line(
                string.Create(CultureInfo.InvariantCulture, $"{row.Trace,-18}{row.Capacity,8}{row.Optimum,8:F4}"),
                row.Ratios.Select(ratio => Number(ratio) + Sign(ratio, best, row)));
        }

        if (rows.Count == 0) return;
        Console.WriteLine();
        Line("mean", All(index => Number(rows.Average(row => row.Ratios[index])) + " "));
        Line("greatest regret", All(index => Number(rows.Max(row => row.Ratios[index] - BestOfRivals(row))) + " "));
        Line("rows with too much", All(index =>
            $"{rows.Count(row => row.Ratios[index] > BestOfRivals(row) + row.Allowed)} "));
    }

    private IEnumerable<string> All(Func<int, string> show) => Enumerable.Range(0, policies.Count).Select(show);

    private static double BestOfRivals(ReplayRow row) => row.Ratios.Take(PolicyKind.Rivals.Count).Min();

    private static string Sign(double ratio, double best, ReplayRow row) =>
        ratio <= best ? "*" : ratio > best + row.Allowed ? "!" : " ";

    private static string Number(double ratio) => ratio.ToString("F4", CultureInfo.InvariantCulture);

    private static void Line(string first, IEnumerable<string> cells) =>
        Console.WriteLine(
            first.PadRight(FirstColumns) + string.Concat(cells.Select(static cell => cell.PadLeft(Column))));
}
