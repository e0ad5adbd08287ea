using System.Diagnostics;

namespace Concord.Tests.Variants;

/// <summary>What became of tests that ran in a process of their own.</summary>
/// <param name="Outcomes">Each test; a crash or a hang is one more that failed.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record VariantRun(IReadOnlyList<TestOutcome> Outcomes, TimeSpan Elapsed)
{
    /// <summary>The environment variable that tells tests that they run in a variant: its name.</summary>
    internal const string Variable = "CONCORD_TESTS_VARIANT";

    /// <summary>What failed, a line each.</summary>
    internal IReadOnlyList<string> Failures =>
    [
        .. Outcomes.Where(static outcome => outcome.Result == TestVerdict.Failed)
            .Select(static outcome => $"{outcome.Name}: {outcome.Reason}"),
    ];

    internal int Passed => Outcomes.Count(static outcome => outcome.Result == TestVerdict.Passed);

    /// <summary>Runs tests of a variant to their end, or until the limit.</summary>
    /// <param name="folder">The variant.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="limit">A run that takes longer hangs, and is ended.</param>
    /// <param name="environment">Further variables.</param>
    /// <param name="arguments">The runner's arguments: which tests.</param>
    internal static VariantRun Execute(
        VariantFolder folder, string name, TimeSpan limit, IReadOnlyDictionary<string, string> environment,
        params string[] arguments)
    {
        string results = Path.Combine(folder.Path, "variant-results.xml"), last = Path.Combine(
            folder.Path, "variant-last.txt");
        File.Delete(results);
        File.Delete(last);
        var start = new ProcessStartInfo(folder.Program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] oneAtATime = ["-parallel", "none"];
        string[] all =
            [TestRun.RunnerSwitch, "-noLogo", "-noColor", .. oneAtATime, "-xml", results, .. arguments];
        foreach (string argument in all) start.ArgumentList.Add(argument);
        start.Environment[Variable] = name;
        start.Environment[LastStartedAttribute.Variable] = last;
        foreach (var (variable, value) in environment) start.Environment[variable] = value;

        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        bool hasEnded = process.WaitForExit(limit);
        if (!hasEnded) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        _ = output.Result;
        string said = errors.Result;
        IReadOnlyList<TestOutcome> outcomes = hasEnded
            ? RunnerProcess.Judge(results, last, process.ExitCode)
            : [TestOutcome.Check("the tests end", $"no end after {limit.TotalSeconds:F0} s{LastOf(last)}")];
        if (said.Length > 0 && outcomes.Count == 1)
            outcomes = [outcomes[0] with { Reason = $"{outcomes[0].Reason}\n{said}" }];
        return new VariantRun(outcomes, clock.Elapsed);
    }

    private static string LastOf(string note) =>
        File.Exists(note) ? $"; the last test it started is {File.ReadAllText(note)}" : "";
}
