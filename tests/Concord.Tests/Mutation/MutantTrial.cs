using System.Diagnostics;
using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>Tries faults, one after the other, on the tests that come to them.</summary>
internal sealed class MutantTrial(LibrarySources sources, TestCoverage coverage) : IDisposable
{
    /// <summary>So many classes run each in a process of its own; what follows runs together.</summary>
    private const int RunAlone = 12;

    private const double BatchSeconds = 60;

    private readonly VariantFolder _mutated = new("mutant");
    private readonly Lazy<VariantFolder> _original = new(() =>
    {
        var folder = new VariantFolder("original");
        sources.Emit(folder.Library, new Dictionary<string, string>());
        return folder;
    });

    private readonly Dictionary<string, bool> _passesUnmutated = [];

    /// <summary>Tries one fault.</summary>
    /// <param name="mutant">The fault.</param>
    /// <param name="killer">The class that killed it the last time, or null: it is asked first.</param>
    internal MutantVerdict Try(Mutant mutant, string? killer)
    {
        var clock = Stopwatch.StartNew();
        MutantVerdict Verdict(MutantFate fate, string by) => new(mutant.Name, mutant.Kind, fate, by, clock.Elapsed.TotalSeconds, mutant.What);
        try
        {
            sources.Emit(_mutated.Library, mutant.Apply(sources));
        }
        catch (VariantException error)
        {
            return Verdict(MutantFate.NoLongerApplies, error.Message.Replace('\n', ' ').Replace('\t', ' '));
        }

        var classes = coverage.ClassesFor(mutant).OrderByDescending(name => name == killer).ToList();
        for (int next = 0; next < classes.Count;)
        {
            var batch = BatchAt(classes, next);
            next += batch.Count;
            if (Kill(batch) is { } test) return Verdict(MutantFate.Killed, test);
        }

        return Verdict(MutantFate.Survived, $"{classes.Count} classes");
    }

    public void Dispose()
    {
        _mutated.Dispose();
        if (_original.IsValueCreated) _original.Value.Dispose();
    }

    private List<string> BatchAt(List<string> classes, int first)
    {
        var batch = new List<string> { classes[first] };
        double seconds = coverage.SecondsOf(classes[first]);
        for (int next = first + 1; first >= RunAlone && next < classes.Count && seconds < BatchSeconds; next++)
        {
            batch.Add(classes[next]);
            seconds += coverage.SecondsOf(classes[next]);
        }

        return batch;
    }

    /// <summary>The test that fails twice with the fault and passes without it, or null.</summary>
    private string? Kill(List<string> classes)
    {
        var limit = TimeSpan.FromSeconds(60 + 4 * classes.Sum(coverage.SecondsOf));
        string[] arguments = [.. classes.SelectMany(static name => new[] { "-class", name }), "-stopOnFail"];
        var first = Run(_mutated, limit, arguments);
        foreach (var failed in first.Outcomes.Where(static outcome => outcome.Result == TestVerdict.Failed))
        {
            // A crash or a hang names no test: the classes as a whole are asked again.
            string[] same = failed.Method.Length > 0 ? ["-method", $"{failed.Type}.{failed.Method}"] : arguments;
            string name = failed.Method.Length > 0 ? failed.ShortName : $"{classes[0].Split('.')[^1]} ({failed.Name})";
            if (Run(_mutated, limit, same).Failures.Count == 0) continue;
            if (PassesUnmutated(limit, same)) return name;
        }

        return null;
    }

    private bool PassesUnmutated(TimeSpan limit, string[] arguments)
    {
        string key = string.Join(' ', arguments);
        if (!_passesUnmutated.TryGetValue(key, out bool passes))
        {
            _passesUnmutated[key] = passes = Run(_original.Value, limit, arguments).Failures.Count == 0;
        }

        return passes;
    }

    private static VariantRun Run(VariantFolder folder, TimeSpan limit, string[] arguments) =>
        VariantRun.Execute(folder, "mutant", limit, new Dictionary<string, string>(), arguments);
}
