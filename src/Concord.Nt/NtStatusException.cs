namespace Concord.Nt;

/// <summary>
/// A status that a routine raises, as the original raises it by structured exception handling. Only routines that are
/// documented to raise throw it.
/// </summary>
public sealed class NtStatusException : Exception
{
    /// <summary>Makes the exception for something that failed.</summary>
    /// <param name="routine">The routine that raises.</param>
    /// <param name="status">The status.</param>
    /// <param name="cause">What failed.</param>
    public NtStatusException(string routine, NTSTATUS status, Exception cause)
        : this(routine, status, cause.Message, cause)
    {
    }

    /// <summary>Makes the exception for a rule that the caller broke.</summary>
    /// <param name="routine">The routine that raises.</param>
    /// <param name="status">The status.</param>
    /// <param name="rule">The rule, as a sentence.</param>
    public NtStatusException(string routine, NTSTATUS status, string rule)
        : this(routine, status, rule, cause: null)
    {
    }

    private NtStatusException(string routine, NTSTATUS status, string reason, Exception? cause)
        : base($"{routine} raises {status}: {reason}", cause)
    {
        Routine = routine;
        Status = status;
    }

    /// <summary>The routine that raised it.</summary>
    public string Routine { get; }

    /// <summary>What was raised.</summary>
    public NTSTATUS Status { get; }
}
