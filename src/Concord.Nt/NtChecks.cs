namespace Concord.Nt;

/// <summary>
/// Chooses the answer to a broken precondition: normally the status says so, and nothing is done; with the
/// checks on an exception names the rule, so that the mistake shows where it was made.
/// </summary>
/// <remarks>For the whole process. NT: Driver Verifier, which stops the machine.</remarks>
public static class NtChecks
{
    private static volatile bool Enabled;

    /// <summary>Whether a broken precondition throws <see cref="NtPreconditionException"/>; off by default.</summary>
    public static bool IsEnabled
    {
        get => Enabled;
        set => Enabled = value;
    }
}
