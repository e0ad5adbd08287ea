using System.Globalization;
using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>
/// <c>--mutants</c>: tries the tests. Each fault under <c>tests/Mutants</c>, and as many again that a seed draws, is
/// put into an assembly of its own, and the tests that come to it run until one of them fails.
/// </summary>
internal static class MutantsCommand
{
    private const int Seed = 1, Drawn = 60, SecondsOfTests = 180;
    private const string SecondsSwitch = "--seconds";

    private const string Usage = """
        usage: dotnet run --project tests/Concord.Tests -c Release -- --mutants [SWITCH] [--seconds N] [FILTER…]

          --list     name the faults
          --check    compile what each changes, and run nothing: which no longer apply?
          --rows     name the rows of docs/internals/bugs.md whose mending no fault takes away
          --cover    measure anew which tests come where (the first run does so itself); filters name classes
          --rest     try those only that have not died yet
          --untried  try those only that have not been tried yet
          --table    print the table of what is known, for docs/internals/reliability.md

        What so many seconds of tests do not notice, lives: 180, or those that --seconds says.
        A filter is a part of a fault's name, kind, type, project or row; without one all are tried. Results are kept in
        artifacts/mutants and replaced fault by fault. The exit code is 0 when all that were tried died.
        """;

    private static readonly string Kept = Path.Combine(Repository.Root, "artifacts", "mutants", "results.tsv");

    // The sources of each project, read when the first fault needs them.
    private static readonly Dictionary<string, LibrarySources> Sources = [];

    internal static int Run(string[] args)
    {
        double seconds = SecondsOfTests;
        int limit = Array.IndexOf(args, SecondsSwitch);
        if (limit >= 0)
        {
            bool isGiven = limit + 1 < args.Length
                && double.TryParse(args[limit + 1], CultureInfo.InvariantCulture, out seconds);
            if (!isGiven)
            {
                Console.Error.WriteLine(Usage);
                return 2;
            }

            args = [.. args[..limit], .. args[(limit + 2)..]];
        }

        string[] filters = [.. args.Where(static arg => !arg.StartsWith("--", StringComparison.Ordinal))];
        string? mode = args.FirstOrDefault(static arg => arg.StartsWith("--", StringComparison.Ordinal));
        if (mode == "--table") return Print(Results());
        if (mode is not (null or "--list" or "--check" or "--cover" or "--rows" or "--rest" or "--untried"))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        Mutant[] mutants = mode is "--cover" or "--rows" ? [] : [.. All.Where(mutant => Matches(mutant, filters))];
        switch (mode)
        {
            case "--list":
                foreach (var mutant in mutants) Console.WriteLine($"{mutant.Name}\t{mutant.Kind}\t{mutant.What}");
                return 0;
            case "--rows":
                foreach (string row in BugRows.WithoutFault) Console.WriteLine(row);
                return 0;
            case "--check":
                return Check(mutants);
            case "--cover":
                TestCoverage.Measure(SourcesOf(LibrarySources.Library), Console.Out, filters);
                return 0;
            case "--rest":
                var known = Results();
                return Try([.. mutants.Where(mutant => !HasDied(mutant, known))], seconds);
            case "--untried":
                var tried = Results();
                return Try([.. mutants.Where(mutant => !tried.ContainsKey(mutant.Name))], seconds);
            default:
                return Try(mutants, seconds);
        }
    }

    /// <summary>The written faults and the drawn ones.</summary>
    private static IEnumerable<Mutant> All =>
        [.. MutantTexts.All, .. MutantLottery.Draw(SourcesOf(LibrarySources.Library), Seed, Drawn)];

    private static LibrarySources SourcesOf(string project)
    {
        if (!Sources.TryGetValue(project, out var sources))
            Sources.Add(project, sources = LibrarySources.Of(project));
        return sources;
    }

    private static bool Matches(Mutant mutant, string[] filters)
    {
        string text = string.Join(' ', mutant.Name, mutant.Kind, mutant.Type, mutant.Project,
            mutant.Row is null ? "" : $"bugs {mutant.Row}");
        return filters.Length == 0 || filters.Any(filter => text.Contains(filter, StringComparison.OrdinalIgnoreCase));
    }

    private static int Check(Mutant[] mutants)
    {
        int stale = 0;
        foreach (var mutant in mutants)
        {
            try
            {
                var sources = SourcesOf(mutant.Project);
                sources.Check(mutant.Apply(sources));
            }
            catch (VariantException error)
            {
                stale++;
                Console.WriteLine($"{mutant.Name}: {error.Message}");
            }
        }

        Console.WriteLine($"{mutants.Length - stale} of {mutants.Length} faults apply and compile");
        return stale == 0 ? 0 : 1;
    }

    private static int Try(Mutant[] mutants, double seconds)
    {
        var coverage = TestCoverage.Load()
            ?? TestCoverage.Measure(SourcesOf(LibrarySources.Library), Console.Out);
        var known = Results();
        var trials = new Dictionary<string, MutantTrial>();
        var tried = new List<MutantVerdict>();
        foreach (var mutant in mutants)
        {
            var shown = mutant.Row is null ? [] : BugRows.ShownBy(mutant.Row);
            string[] named = mutant.Test is { } test ? [test] : [];
            string[] first = [.. named, .. shown, .. KillerOf(mutant.Name, known)];
            if (!trials.TryGetValue(mutant.Project, out var trial))
                trials.Add(mutant.Project, trial = new MutantTrial(SourcesOf(mutant.Project), coverage, seconds));
            var verdict = trial.Try(mutant, other => first.Any(name => other.Contains(name, StringComparison.Ordinal)));
            Console.WriteLine($"{verdict.Fate,-16} {verdict.Seconds,6:F1} s  {verdict.Name}: {verdict.By}");
            tried.Add(verdict);
            known[verdict.Name] = verdict;
            File.WriteAllLines(Kept, known.Values.Select(static it => it.ToLine()));
        }

        foreach (var used in trials.Values) used.Dispose();
        return Print(tried.ToDictionary(static verdict => verdict.Name));
    }

    private static bool HasDied(Mutant mutant, Dictionary<string, MutantVerdict> known) =>
        known.GetValueOrDefault(mutant.Name)?.Fate == MutantFate.Killed;

    private static string[] KillerOf(string name, Dictionary<string, MutantVerdict> known) =>
        known.GetValueOrDefault(name) is { Fate: MutantFate.Killed } former ? [former.By.Split(' ')[0]] : [];

    private static Dictionary<string, MutantVerdict> Results() => File.Exists(Kept)
        ? File.ReadLines(Kept).Select(MutantVerdict.Read).ToDictionary(static verdict => verdict.Name)
        : [];

    /// <summary>The table of docs/internals/reliability.md.</summary>
    private static int Print(Dictionary<string, MutantVerdict> verdicts)
    {
        Console.WriteLine();
        Console.WriteLine("| kind | faults | died | lived | no longer apply |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var kind in verdicts.Values.GroupBy(static verdict => verdict.Kind)
            .OrderBy(static kind => kind.Key, StringComparer.Ordinal))
            PrintRow(kind.Key, [.. kind]);
        PrintRow("all", [.. verdicts.Values]);
        foreach (var verdict in verdicts.Values.Where(static verdict => verdict.Fate != MutantFate.Killed))
        {
            Console.WriteLine($"{verdict.Fate}: {verdict.Name}: {verdict.What} ({verdict.By})");
        }

        return verdicts.Values.All(static verdict => verdict.Fate == MutantFate.Killed) ? 0 : 1;
    }

    private static void PrintRow(string kind, MutantVerdict[] verdicts)
    {
        int Count(MutantFate fate) => verdicts.Count(verdict => verdict.Fate == fate);
        Console.WriteLine(
            $"| {kind} | {verdicts.Length} | {Count(MutantFate.Killed)} | {Count(MutantFate.Survived)} | "
                + $"{Count(MutantFate.NoLongerApplies)} |");
    }
}
