namespace Concord.Tests.Running;

/// <summary>Which skips are in order on a machine that has everything: continuous integration, as root.</summary>
/// <remarks>
/// The reason of a skip begins with its category, then a colon, then what a person should know. Only the
/// categories below name something that no right and no package can bring; every other skip hides a gap there.
/// </remarks>
internal static class SkipPolicy
{
    /// <summary>The test is for another operating system.</summary>
    public const string OtherSystem = "other system: ";

    /// <summary>The test is for another processor, or for an instruction that this one lacks.</summary>
    public const string OtherProcessor = "other processor: ";

    /// <summary>The test is for a user without rights, and this one has them.</summary>
    public const string OrdinaryUser = "ordinary user: ";

    /// <summary>The test takes long and belongs to the full run.</summary>
    public const string FullRun = "full run: ";

    /// <summary>The test builds and publishes other programs and belongs to <c>--packages</c>.</summary>
    public const string PackagesRun = "packages run: ";

    /// <summary>The test starts a server and belongs to <c>--servers</c>.</summary>
    public const string ServersRun = "servers run: ";

    /// <summary>The test works with a service of others, where somebody has an account and named it.</summary>
    public const string OwnAccount = "own account: ";

    private static readonly string[] Allowed =
        [OtherSystem, OtherProcessor, OrdinaryUser, FullRun, PackagesRun, ServersRun, OwnAccount];

    /// <summary>The outcomes, in which skips of other categories are failures when none are expected.</summary>
    public static IReadOnlyList<TestOutcome> Judge(IReadOnlyList<TestOutcome> outcomes, bool isNoSkips) =>
        isNoSkips ? [.. outcomes.Select(Judge)] : outcomes;

    private static TestOutcome Judge(TestOutcome outcome) =>
        outcome.Result != TestVerdict.Skipped
            || Allowed.Any(category => outcome.Reason.StartsWith(category, StringComparison.Ordinal))
            ? outcome
            : outcome with
            {
                Result = TestVerdict.Failed,
                Reason = $"skipped, where nothing may be skipped for want of a right or a tool: {outcome.Reason}",
            };
}
