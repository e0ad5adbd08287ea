using System.Diagnostics.CodeAnalysis;

namespace Concord.Tests.Running;

/// <summary>What the test program was asked for: its own switches, and what goes on to the runner.</summary>
internal sealed record RunArguments
{
    /// <summary>Set to 1, it means <c>--full</c>; child processes of the run inherit it.</summary>
    public const string FullVariable = "CONCORD_TESTS_FULL";

    /// <summary>Set to 1, it means <c>--packages</c>; child processes of the run inherit it.</summary>
    public const string PackagesVariable = "CONCORD_TESTS_PACKAGES";

    /// <summary>Set to 1, it means <c>--servers</c>; child processes of the run inherit it.</summary>
    public const string ServersVariable = "CONCORD_TESTS_SERVERS";

    /// <summary>Set to 1, it means <c>--no-skips</c>.</summary>
    public const string NoSkipsVariable = "CONCORD_TESTS_NO_SKIPS";

    public const string Usage = """
        usage: dotnet run --project tests/Concord.Tests -c Release [-- SWITCH… RUNNER-ARGUMENT…]

          --full      run the long figures instead of their slices (or CONCORD_TESTS_FULL=1)
          --packages  also build, publish and run programs that use the packages as strangers do, with every version
                      of what they build on (or CONCORD_TESTS_PACKAGES=1); --full does it too
          --servers   also start servers and work with them (or CONCORD_TESTS_SERVERS=1); --full does it too
          --rows      write docs/internals/rows.md from the results; only for a run of all tests
          --api       write tests/Concord.Tests/Packaging/Api from the assemblies, and run nothing
          --no-skips  a skip that another system would not explain is a failure (or CONCORD_TESTS_NO_SKIPS=1)
          --help      this text

        Everything else goes to xunit's runner: -class NAME, -namespace NAME, -method NAME, -trait "Row=35" …
        -? lists what it knows. The last line is the result: N passed, N failed, N skipped.
        """;

    // Arguments of the runner that choose among the tests; with a dash at the end they exclude.
    private static readonly string[] Filters = ["-class", "-method", "-namespace", "-trait", "-filter", "-id", "-run",
        "-explicit"];

    public bool IsFull { get; private init; }

    /// <summary>Whether packages are used as strangers use them.</summary>
    public bool IsPackages { get; private init; }

    /// <summary>Whether servers are started and worked with.</summary>
    public bool IsServers { get; private init; }

    public bool IsRows { get; private init; }

    /// <summary>Whether only the snapshot of the public face is written.</summary>
    public bool IsApi { get; private init; }

    public bool IsNoSkips { get; private init; }

    public bool IsHelp { get; private init; }

    /// <summary>What goes on to the runner.</summary>
    public IReadOnlyList<string> Runner { get; private init; } = [];

    /// <summary>Where the caller wants the runner's results (<c>-xml FILE</c>), or null.</summary>
    public string? ResultsFile => Runner.SkipWhile(arg => arg != "-xml").Skip(1).FirstOrDefault();

    /// <summary>Whether only some of the tests run.</summary>
    public bool IsFiltered => Runner.Any(arg => Filters.Contains(arg.TrimEnd('-'), StringComparer.OrdinalIgnoreCase));

    /// <summary>Reads the command line and the environment.</summary>
    public static bool TryParse(
        IReadOnlyList<string> args, [NotNullWhen(true)] out RunArguments? arguments,
        [NotNullWhen(false)] out string? error)
    {
        string[] own = ["--full", "--packages", "--servers", "--rows", "--api", "--no-skips", "--help"];
        arguments = new RunArguments
        {
            IsFull = args.Contains("--full") || Environment.GetEnvironmentVariable(FullVariable) == "1",
            IsPackages = args.Contains("--packages") || Environment.GetEnvironmentVariable(PackagesVariable) == "1",
            IsServers = args.Contains("--servers") || Environment.GetEnvironmentVariable(ServersVariable) == "1",
            IsRows = args.Contains("--rows"),
            IsApi = args.Contains("--api"),
            IsNoSkips = args.Contains("--no-skips") || Environment.GetEnvironmentVariable(NoSkipsVariable) == "1",
            IsHelp = args.Contains("--help"),
            Runner = [.. args.Where(arg => !own.Contains(arg))],
        };

        string? unknown = arguments.Runner.FirstOrDefault(arg => arg.StartsWith("--", StringComparison.Ordinal));
        error = unknown is not null ? $"there is no switch '{unknown}'; there are {string.Join(", ", own)}"
            : arguments.IsRows && arguments.IsFiltered ? "--rows needs a run of all tests: leave the filters out"
            : null;
        if (error is not null) arguments = null;
        return error is null;
    }
}
