using System.Text.RegularExpressions;

namespace Concord.Tests.Mutation;

/// <summary>The rows of <c>docs/internals/bugs.md</c>, and the tests that they name.</summary>
internal static partial class BugRows
{
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "internals", "bugs.md");

    /// <summary>What was wrong, as each row begins, with the names of tests or classes that show it.</summary>
    internal static IReadOnlyList<(string What, IReadOnlyList<string> Shown)> All { get; } =
        [.. Read(File.ReadLines(Page))];

    /// <summary>The names of the row that begins so; empty where there is none.</summary>
    internal static IReadOnlyList<string> ShownBy(string beginning) =>
        All.FirstOrDefault(row => row.What.StartsWith(beginning, StringComparison.Ordinal)).Shown ?? [];

    /// <summary>The rows that no fault under <c>tests/Mutants</c> names, and of which none says why.</summary>
    internal static IEnumerable<string> WithoutFault =>
        All.Select(static row => row.What).Where(static what => !Meant.Any(what.StartsWith));

    /// <summary>The rows that faults name, and those that can have none; each as it begins.</summary>
    internal static IEnumerable<string> Meant =>
    [
        .. MutantTexts.All.Select(static mutant => mutant.Row).OfType<string>(),
        .. MutantTexts.WithoutFault.Select(static it => it.Row),
    ];

    private static IEnumerable<(string What, IReadOnlyList<string> Shown)> Read(IEnumerable<string> lines)
    {
        IReadOnlyList<string> former = [];
        foreach (string line in lines.Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1))
        {
            string[] cells = line.Trim('|', ' ').Split(" | ");
            string[] named = [.. Named().Matches(cells[^1]).Select(static name => name.Groups[1].Value.Trim('*', '.'))];
            if (cells[^1] != "the same") former = named;
            yield return (cells[0], former);
        }
    }

    [GeneratedRegex(@"-(?:class|method|namespace) ""?([\w.*]+)")]
    private static partial Regex Named();
}
