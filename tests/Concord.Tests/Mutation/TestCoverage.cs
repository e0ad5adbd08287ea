using System.Globalization;
using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>
/// Which members of the library each test comes to, and how long it takes: measured once, kept in a file.
/// </summary>
internal sealed class TestCoverage
{
    /// <summary>So many test classes run in one process.</summary>
    private const int ClassesTogether = 12;

    private const double SecondsOfUnknown = 5;

    private static readonly string Kept = Path.Combine(Repository.Root, "artifacts", "mutants", "coverage.tsv");
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    // By the test's class and method, with the namespace.
    private readonly Dictionary<string, (double Seconds, HashSet<string> Members)> _tests;

    private TestCoverage(Dictionary<string, (double Seconds, HashSet<string> Members)> tests) => _tests = tests;

    /// <summary>What was measured before, or null.</summary>
    internal static TestCoverage? Load()
    {
        if (!File.Exists(Kept)) return null;
        return new TestCoverage(File.ReadLines(Kept).Select(static line => line.Split('\t')).ToDictionary(
            static parts => parts[0],
            static parts => (double.Parse(parts[1], CultureInfo.InvariantCulture), parts[2].Split(' ').ToHashSet())));
    }

    /// <summary>
    /// Runs test classes on a library that marks where it is, and keeps what was seen; of other classes what was known
    /// stays. A few classes share a process; what a test leaves running marks the next one too.
    /// </summary>
    internal static TestCoverage Measure(LibrarySources sources, TextWriter output, params string[] filters)
    {
        var marks = CoverageMarks.In(sources);
        using var folder = new VariantFolder("coverage");
        sources.Emit(folder.Library, marks.Changed);
        var tests = Load()?._tests ?? [];
        string[] classes = [.. TestClasses.OfLibrary.Where(name => filters.Length == 0 || filters.Any(name.Contains))];
        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        foreach (string[] together in classes.Chunk(ClassesTogether))
        {
            string marked = Path.Combine(folder.Path, "marks", together[0]);
            var environment = new Dictionary<string, string> { [MarkedAttribute.Variable] = marked };
            string[] arguments = [.. together.SelectMany(static name => new[] { "-class", name })];
            var run = VariantRun.Execute(folder, "coverage", Limit, environment, arguments);
            var failed = run.Outcomes.Where(static outcome => outcome.Result == TestVerdict.Failed)
                .Select(static outcome => $"{outcome.Type}.{outcome.Method}").ToHashSet();
            foreach (var (test, seconds) in MarkedAttribute.Read(marked))
            {
                // Nothing is learnt from a test that fails without a fault.
                tests.Remove(test);
                if (failed.Contains(test)) continue;
                tests[test] = (seconds, [.. marks.Read(Path.Combine(marked, test))]);
            }

            output.WriteLine($"{together[0]} to {together[^1]}: {run.Elapsed.TotalSeconds:F0} s");
            output.WriteLine($"  {run.Passed} passed, {run.Failures.Count} failed");
            File.WriteAllLines(Kept, tests.Select(static it => LineOf(it.Key, it.Value.Seconds, it.Value.Members)));
        }

        return new TestCoverage(tests);
    }

    private static string LineOf(string test, double seconds, HashSet<string> members) =>
        string.Create(CultureInfo.InvariantCulture, $"{test}\t{seconds:F3}\t{string.Join(' ', members)}");

    /// <summary>Whether a test was measured, and passed.</summary>
    internal bool Knows(string test) => _tests.ContainsKey(test);

    /// <summary>How long a test took; of one that was not measured that is a guess.</summary>
    internal double SecondsOf(string test) => Knows(test) ? _tests[test].Seconds : SecondsOfUnknown;

    /// <summary>
    /// The tests that can notice a fault: those that come to its member first, then those that come to its type, each
    /// the quick ones first. Tests that come to neither are left out.
    /// </summary>
    internal IReadOnlyList<string> TestsFor(Mutant mutant)
    {
        string[] types = mutant.Type.Split('|');
        HashSet<string> members =
            [.. from member in mutant.Member?.Split('|') ?? [] from type in types select $"{type}.{member}"];
        int Rank(HashSet<string> come) => come.Overlaps(members) ? 0
            : come.Any(member => types.Contains(member.Split('.')[0])) ? 1
            : 2;
        return
        [
            .. from test in _tests
               let rank = Rank(test.Value.Members)
               where rank < 2
               orderby rank, test.Value.Seconds
               select test.Key,
        ];
    }
}
