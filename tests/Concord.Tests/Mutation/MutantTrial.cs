using System.Diagnostics;
using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>Tries faults of one assembly, one after the other, on the tests that come to them.</summary>
/// <param name="sources">The assembly's sources.</param>
/// <param name="coverage">Which tests come where.</param>
/// <param name="secondsMax">What so many seconds of tests do not notice, lives.</param>
internal sealed class MutantTrial(LibrarySources sources, TestCoverage coverage, double secondsMax) : IDisposable
{
    // Processes cost: the first has tests of so many seconds, each further one of thrice as many.
    private const double FirstBatchSeconds = 2, BatchSecondsMax = 60;
    private const int BatchTestsMax = 250;

    private readonly VariantFolder _mutated = new($"mutant-{sources.Project}", sources.Project);
    private readonly Lazy<VariantFolder> _original = new(() =>
    {
        var folder = new VariantFolder($"original-{sources.Project}", sources.Project);
        sources.Emit(folder.Library, new Dictionary<string, string>());
        return folder;
    });

    private readonly Dictionary<string, bool> _passesUnmutated = [];

    /// <summary>Tries one fault.</summary>
    /// <param name="mutant">The fault.</param>
    /// <param name="first">
    /// Which tests are asked first, however long they take, measured or not: the one that killed it the last time,
    /// those its row names.
    /// </param>
    internal MutantVerdict Try(Mutant mutant, Func<string, bool> first)
    {
        var clock = Stopwatch.StartNew();
        MutantVerdict Verdict(MutantFate fate, string by) =>
            new(mutant.Name, mutant.Kind, fate, by, clock.Elapsed.TotalSeconds, mutant.What);
        try
        {
            sources.Emit(_mutated.Library, mutant.Apply(sources));
        }
        catch (VariantException error)
        {
            return Verdict(MutantFate.NoLongerApplies, error.Message.Replace('\n', ' ').Replace('\t', ' '));
        }

        List<string> tests = [.. TestClasses.Tests.Where(first).Union(coverage.TestsFor(mutant))];
        double tried = 0, size = FirstBatchSeconds;
        int next = 0;
        for (; next < tests.Count && tried < secondsMax; size = Math.Min(3 * size, BatchSecondsMax))
        {
            // Those that are asked first run by themselves: they are few, and likely to notice it.
            var batch = next == 0 && first(tests[0])
                ? [.. tests.TakeWhile(first).Take(BatchTestsMax)]
                : BatchAt(tests, next, size);
            next += batch.Count;
            tried += batch.Sum(coverage.SecondsOf);
            if (Kill(batch) is { } test) return Verdict(MutantFate.Killed, test);
        }

        return Verdict(MutantFate.Survived, $"{next} of the {tests.Count} tests that come to it");
    }

    public void Dispose()
    {
        _mutated.Dispose();
        if (_original.IsValueCreated) _original.Value.Dispose();
    }

    private List<string> BatchAt(List<string> tests, int first, double size)
    {
        var batch = new List<string> { tests[first] };
        double seconds = coverage.SecondsOf(tests[first]);
        for (int next = first + 1; next < tests.Count && batch.Count < BatchTestsMax; next++)
        {
            seconds += coverage.SecondsOf(tests[next]);
            if (seconds > size) break;
            batch.Add(tests[next]);
        }

        return batch;
    }

    /// <summary>
    /// The test that fails twice with the fault, or null. It passed without one when the coverage was measured; one
    /// that was not, and a crash or a hang that no test is named for, are tried without it. A run ends with the first
    /// failure; when that is none of the fault's, those behind it run again without the test.
    /// </summary>
    private string? Kill(List<string> tests)
    {
        while (tests.Count > 0)
        {
            string[] arguments = [.. tests.SelectMany(static name => new[] { "-method", name }), "-stopOnFail"];
            var run = Run(_mutated, LimitOf(tests), arguments);
            if (run.Outcomes.FirstOrDefault(static outcome => outcome.Result == TestVerdict.Failed) is not { } failed)
                return null;

            // A crash or a hang has no method, but names the test that was begun last.
            string? test = failed.Method.Length > 0
                ? $"{failed.Type}.{failed.Method}"
                : tests.Find(name => failed.Reason.Contains(name, StringComparison.Ordinal));
            string[] same = test is null ? arguments : ["-method", test];
            var limit = LimitOf(test is null ? tests : [test]);
            bool failsAgain = Run(_mutated, limit, same).Failures.Count > 0;
            if (failsAgain && ((test is not null && coverage.Knows(test)) || PassesUnmutated(limit, same)))
            {
                return failed.Method.Length > 0
                    ? failed.ShortName
                    : $"{(test ?? tests[0]).Split('.')[^1]} ({failed.Name})";
            }

            if (test is null) return null;
            var passed = run.Outcomes.Where(static outcome => outcome.Result != TestVerdict.Failed)
                .Select(static outcome => $"{outcome.Type}.{outcome.Method}").ToHashSet();
            tests = [.. tests.Where(name => name != test && !passed.Contains(name))];
        }

        return null;
    }

    /// <summary>How long the tests may take before they count as hanging.</summary>
    private TimeSpan LimitOf(List<string> tests) => TimeSpan.FromSeconds(60 + 6 * tests.Sum(coverage.SecondsOf));

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
