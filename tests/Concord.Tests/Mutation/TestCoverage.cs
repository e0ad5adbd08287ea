using System.Globalization;
using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>Which members of the library each test class comes to, and how long it takes: measured once, kept in a file.</summary>
internal sealed class TestCoverage
{
    private static readonly string Kept = Path.Combine(Repository.Root, "artifacts", "mutants", "coverage.tsv");
    private static readonly TimeSpan ClassLimit = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, (double Seconds, HashSet<string> Members)> _classes;

    private TestCoverage(Dictionary<string, (double Seconds, HashSet<string> Members)> classes) => _classes = classes;

    /// <summary>What was measured before, or null.</summary>
    internal static TestCoverage? Load()
    {
        if (!File.Exists(Kept)) return null;
        return new TestCoverage(File.ReadLines(Kept).Select(static line => line.Split('\t')).ToDictionary(
            static parts => parts[0],
            static parts => (double.Parse(parts[1], CultureInfo.InvariantCulture), parts[2].Split(' ').ToHashSet())));
    }

    /// <summary>Runs each class alone on a library that marks where it is, and keeps what was seen.</summary>
    internal static TestCoverage Measure(LibrarySources sources, TextWriter output, params string[] filters)
    {
        var marks = CoverageMarks.In(sources);
        using var folder = new VariantFolder("coverage");
        sources.Emit(folder.Library, marks.Changed);
        var classes = new Dictionary<string, (double Seconds, HashSet<string> Members)>();
        foreach (string name in TestClasses.All.Where(name => filters.Length == 0 || filters.Any(name.Contains)))
        {
            string marked = Directory.CreateDirectory(Path.Combine(folder.Path, "marks", name)).FullName;
            var environment = new Dictionary<string, string> { [CoverageMarks.Variable] = marked };
            var run = VariantRun.Execute(folder, "coverage", ClassLimit, environment, "-class", name);
            classes[name] = (run.Elapsed.TotalSeconds, [.. marks.Read(marked)]);
            output.WriteLine($"{name}: {run.Elapsed.TotalSeconds:F1} s, {classes[name].Members.Count} members, {run.Failures.Count} failed");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        File.WriteAllLines(Kept, classes.Select(static it => string.Create(
            CultureInfo.InvariantCulture, $"{it.Key}\t{it.Value.Seconds:F1}\t{string.Join(' ', it.Value.Members)}")));
        return new TestCoverage(classes);
    }

    /// <summary>How long a class took.</summary>
    internal double SecondsOf(string name) => _classes.TryGetValue(name, out var known) ? known.Seconds : 60;

    /// <summary>
    /// The classes that can notice a fault: those that come to its member first, then those that come to its type, each
    /// the quick ones first. Classes that come to neither are left out.
    /// </summary>
    internal IReadOnlyList<string> ClassesFor(Mutant mutant)
    {
        string[] types = mutant.Type.Split('|');
        string[] members = mutant.Member?.Split('|') ?? [];
        bool ComesTo(string name, string member) => types.Any(type => _classes[name].Members.Contains($"{type}.{member}"));
        int Rank(string name) => !_classes.TryGetValue(name, out var known) ? 2
            : members.Any(member => ComesTo(name, member)) ? 0
            : known.Members.Any(member => types.Contains(member.Split('.')[0])) ? 1
            : 2;
        return [.. TestClasses.All.Where(name => Rank(name) < 2).OrderBy(Rank).ThenBy(SecondsOf)];
    }
}
