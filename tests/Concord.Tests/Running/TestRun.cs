using System.Diagnostics;
using Concord.Tests.Contract;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Concord.Tests.Running;

/// <summary>The test program: the default run, and with <c>--full</c> the long figures.</summary>
/// <remarks>
/// A run is two processes: one runs the tests and writes its results to a file; this one waits for it, reads the
/// file and reports. So a crash of the tests (they flush raw memory) is reported, and counted as a failure.
/// </remarks>
internal static class TestRun
{
    /// <summary>The first argument of the process that runs the tests.</summary>
    public const string RunnerSwitch = "--runner";

    private const int ExitSuccess = 0, ExitFailure = 1, ExitBadArguments = 2;

    // What the adapters of `dotnet test` and of editors put on the command line. They read the runner's own output.
    private static readonly string[] RunnerQueries =
        ["@@", "-automated", "-assemblyInfo", "-list", "-waitForDebugger", "-debug", "-?", "-h"];

    private static readonly string[] TestingPlatformSwitches = ["--server", "--internal-msbuild-node"];

    /// <summary>Whether the long figures run instead of their slices.</summary>
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable(RunArguments.FullVariable) == "1";

    /// <summary>Whether the packages are used as strangers use them.</summary>
    public static bool IsPackages { get; } = Environment.GetEnvironmentVariable(RunArguments.PackagesVariable) == "1";

    /// <summary>Whether servers are started and worked with.</summary>
    public static bool IsServers { get; } = Environment.GetEnvironmentVariable(RunArguments.ServersVariable) == "1";

    /// <summary>Whether the arguments come from a runner that only wants the tests run, and reports itself.</summary>
    public static bool IsAskedByAnotherRunner(string[] args) =>
        args.Any(arg => RunnerQueries.Contains(arg) || TestingPlatformSwitches.Contains(arg));

    /// <summary>Runs tests in this process, as the entry point that xunit would have generated does.</summary>
    public static Task<int> RunHereAsync(string[] args) =>
        args.Any(TestingPlatformSwitches.Contains)
            ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : ConsoleRunner.Run(args);

    /// <summary>Runs the tests in a process of their own and reports; returns the exit code.</summary>
    public static int Run(string[] args)
    {
        if (Advice(Environment.ProcessPath) is { } advice)
        {
            Console.Error.WriteLine(advice);
            return ExitBadArguments;
        }

        if (!RunArguments.TryParse(args, out var arguments, out string? error))
        {
            Console.Error.WriteLine(error);
            return ExitBadArguments;
        }

        if (arguments.IsHelp)
        {
            Console.WriteLine(RunArguments.Usage);
            return ExitSuccess;
        }

        if (arguments.IsApi) Packaging.ApiSnapshot.WriteAll();
        if (arguments.IsApi) return ExitSuccess;

        // 1. run, 2. judge the skips, 3. generate or check docs/internals/rows.md, 4. report.
        var clock = Stopwatch.StartNew();
        var outcomes = RunnerProcess.Run(arguments);
        outcomes = SkipPolicy.Judge(outcomes, arguments.IsNoSkips);
        outcomes = CheckRows(outcomes, arguments);
        TestReport.Write(Console.Out, outcomes, arguments.IsFull, clock.Elapsed);
        return outcomes.Any(outcome => outcome.Result == TestVerdict.Failed) ? ExitFailure : ExitSuccess;
    }

    /// <summary>
    /// What to start instead, when it is not this program that was started: it starts itself again, for the runner and
    /// for children of tests, and cannot do that by the runtime's own starter.
    /// </summary>
    internal static string? Advice(string? program) =>
        Path.GetFileNameWithoutExtension(program) != "dotnet" ? null
        : "the tests are a program that starts itself again, which 'dotnet Concord.Tests.dll' cannot; start "
            + Path.Combine(
                AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Concord.Tests.exe" : "Concord.Tests")
            + " or 'dotnet run --project tests/Concord.Tests -c Release'";

    private static IReadOnlyList<TestOutcome> CheckRows(IReadOnlyList<TestOutcome> outcomes, RunArguments arguments)
    {
        // A part of the tests cannot say which rows are proved.
        if (arguments.IsFiltered || !outcomes.Any(outcome => outcome.Type.Length > 0)) return outcomes;
        string path = Path.Combine(Repository.Root, "docs", "internals", "rows.md");
        if (arguments.IsRows)
        {
            File.WriteAllText(path, RowsPage.Generate(ContractRow.All, outcomes));
            Console.WriteLine("docs/internals/rows.md written");
        }

        return [.. outcomes,
            RowsPage.Check(ContractRow.All, outcomes, File.Exists(path) ? File.ReadAllText(path) : "")];
    }
}
