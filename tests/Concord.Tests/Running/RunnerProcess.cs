using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord.Measuring.Files;

namespace Concord.Tests.Running;

/// <summary>The process that runs the tests: this program again, with its results in a file.</summary>
internal static class RunnerProcess
{
    private static readonly string Artifacts = Path.Combine(Repository.Root, "artifacts", "tests");

    /// <summary>
    /// Runs the tests to their end and returns what became of each; a crash is one more failed outcome.
    /// </summary>
    public static IReadOnlyList<TestOutcome> Run(RunArguments arguments)
    {
        using TemporaryFolder folder = ResultsFolder();
        string results = arguments.ResultsFile ?? folder["results.xml"];
        File.Delete(results);
        string lastStarted = folder["last-started.txt"];
        int exitCode = Start(arguments, results, lastStarted);
        IReadOnlyList<TestOutcome> outcomes = Judge(results, lastStarted, exitCode);
        bool isKept = arguments.ResultsFile is null && folder.Parent == Artifacts && File.Exists(results);
        if (isKept) File.Move(results, Path.Combine(Artifacts, "results.xml"), overwrite: true);
        return outcomes;
    }

    /// <summary>What became of the tests, from the file the runner left and its exit code.</summary>
    internal static IReadOnlyList<TestOutcome> Judge(string results, string lastStarted, int exitCode)
    {
        if (!File.Exists(results))
        {
            string last = File.Exists(lastStarted)
                ? $"; the last test it started is {File.ReadAllText(lastStarted)}"
                : "";
            return [TestOutcome.Check(
                "the runner reaches its end", $"it ended with exit code {exitCode} and left no results{last}")];
        }

        var outcomes = RunResults.Parse(File.ReadAllText(results));
        if (outcomes.Count == 0)
            return [TestOutcome.Check("the run has tests", "no test was run: does a filter match none?")];
        bool isExplained = outcomes.Any(outcome => outcome.Result == TestVerdict.Failed);
        return exitCode == 0 || isExplained
            ? outcomes
            : [.. outcomes,
                TestOutcome.Check("the runner ends well", $"no test failed, but its exit code is {exitCode}")];
    }

    private static int Start(RunArguments arguments, string results, string lastStarted)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        string[] colour = Console.IsOutputRedirected ? ["-noColor"] : [];
        string[] own = [TestRun.RunnerSwitch, "-noLogo", .. colour, .. arguments.ResultsFile is null
            ? (string[])["-xml", results] : []];
        foreach (string arg in (string[])[.. own, .. arguments.Runner]) start.ArgumentList.Add(arg);
        start.Environment[RunArguments.FullVariable] = arguments.IsFull ? "1" : "0";
        start.Environment[RunArguments.PackagesVariable] = arguments.IsPackages || arguments.IsFull ? "1" : "0";
        start.Environment[RunArguments.ServersVariable] = arguments.IsServers || arguments.IsFull ? "1" : "0";
        start.Environment[LastStartedAttribute.Variable] = lastStarted;

        using var runner = Process.Start(start)!;
        // Ctrl-C reaches both processes: the runner stops its tests and writes what it has, and this one reports it.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            runner.Kill(entireProcessTree: true);
        });
        runner.WaitForExit();
        return runner.ExitCode;
    }

    // Results lie with the other things a build makes; a user who may not write there has them among his temporary
    // files.
    private static TemporaryFolder ResultsFolder()
    {
        try
        {
            Directory.CreateDirectory(Artifacts);
        }
        catch (UnauthorizedAccessException)
        {
            return TemporaryFolder.Create("tests", [Path.GetTempPath()]);
        }

        return TemporaryFolder.Create("tests", [Artifacts, Path.GetTempPath()]);
    }
}
