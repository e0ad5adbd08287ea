namespace Concord.Tests.Running;

/// <summary>How a test ended.</summary>
public enum TestVerdict
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>What became of one test, or of one check of the test program itself.</summary>
/// <param name="Name">As the runner shows it.</param>
/// <param name="Type">The test class with its namespace; empty for a check of the program.</param>
/// <param name="Method">The test method; empty for a check of the program.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Reason">Why it failed or was skipped; empty when it passed.</param>
/// <param name="Rows">The rows of the contract it proves.</param>
/// <param name="Figures">What it measured.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record TestOutcome(
    string Name,
    string Type,
    string Method,
    TestVerdict Result,
    string Reason,
    IReadOnlyList<int> Rows,
    IReadOnlyList<Figure> Figures,
    double Seconds = 0)
{
    /// <summary>The class without its namespace, and the method.</summary>
    public string ShortName => $"{Type[(Type.LastIndexOf('.') + 1)..]}.{Method}";

    /// <summary>
    /// The outcome of a check of the program itself: passed when there is no <paramref name="failure"/>.
    /// </summary>
    public static TestOutcome Check(string name, string? failure) =>
        new(name, "", "", failure is null ? TestVerdict.Passed : TestVerdict.Failed, failure ?? "", [], []);
}
