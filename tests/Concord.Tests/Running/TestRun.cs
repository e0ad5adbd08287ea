using Xunit.Runner.InProc.SystemConsole;

namespace Concord.Tests.Running;

/// <summary>The test program: the default run, and with <c>--full</c> the long figures.</summary>
internal static class TestRun
{
    /// <summary>Whether the long figures run instead of their slices.</summary>
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("CONCORD_TESTS_FULL") == "1";

    public static Task<int> RunAsync(string[] args) => ConsoleRunner.Run(args);
}
