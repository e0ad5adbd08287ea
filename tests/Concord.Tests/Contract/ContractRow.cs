using System.Globalization;

namespace Concord.Tests.Contract;

/// <summary>One row of the contract: what "works" means, in a form that a test can prove.</summary>
/// <param name="Number">Its number, counted from 1.</param>
/// <param name="Given">The state before.</param>
/// <param name="When">The call.</param>
/// <param name="Then">What holds afterwards.</param>
/// <param name="Excuse">Why the row cannot apply to Concord; empty when it can.</param>
internal sealed record ContractRow(int Number, string Given, string When, string Then, string Excuse)
{
    /// <summary>All rows, in order, from <c>Contract/rows.tsv</c>.</summary>
    public static IReadOnlyList<ContractRow> All { get; } =
        Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "Concord.Tests", "Contract", "rows.tsv")));

    /// <summary>Reads rows from lines of five columns between tabs, below a line of titles.</summary>
    /// <exception cref="FormatException">A line is no row, or its number is not the next.</exception>
    public static IReadOnlyList<ContractRow> Parse(string table)
    {
        ContractRow[] rows = [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(ParseLine)];
        var misplaced = rows.Where((row, index) => row.Number != index + 1).FirstOrDefault();
        return misplaced is null ? rows : throw new FormatException($"row {misplaced.Number} is out of order");
    }

    private static ContractRow ParseLine(string line) =>
        line.Split('\t') is [var number, var given, var when, var then, var excuse]
            ? new ContractRow(int.Parse(number, CultureInfo.InvariantCulture), given, when, then, excuse.TrimEnd())
            : throw new FormatException($"not a row of five columns: {line}");
}
