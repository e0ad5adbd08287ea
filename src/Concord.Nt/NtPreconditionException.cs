namespace Concord.Nt;

/// <summary>A routine was called where its contract does not allow it. Nothing was done.</summary>
public sealed class NtPreconditionException : InvalidOperationException
{
    /// <summary>Makes the exception for a broken rule.</summary>
    /// <param name="routine">The routine that was called.</param>
    /// <param name="rule">The rule, as a sentence.</param>
    /// <param name="status">What the routine returns for it when checks are off.</param>
    public NtPreconditionException(string routine, string rule, NTSTATUS status)
        : base($"{routine}: {rule}")
    {
        Rule = rule;
        Status = status;
    }

    /// <summary>The rule that was broken.</summary>
    public string Rule { get; }

    /// <summary>What the routine returns for it when checks are off.</summary>
    public NTSTATUS Status { get; }
}
