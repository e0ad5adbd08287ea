namespace Concord.Nt;

/// <summary>What has to hold when the coherency routine is called, rule by rule.</summary>
internal static unsafe class CoherencyPreconditions
{
    private const string Routine = nameof(Ntifs.CcCoherencyFlushAndPurgeCache);

    /// <summary>The first rule that is broken, or null.</summary>
    internal static NtPreconditionException? FindBroken(SECTION_OBJECT_POINTERS* pointers, NtStream? stream) =>
        Irql.Current != Irql.PassiveLevel
            ? Broken($"it may be called at PASSIVE_LEVEL only, and this thread runs at IRQL {Irql.Current.Level}",
                NTSTATUS.STATUS_CANT_WAIT)
        : pointers is null
            ? Broken("SectionObjectPointer must not be null", NTSTATUS.STATUS_INVALID_PARAMETER)
        : stream is null
            ? Broken("SectionObjectPointer must be that of a file object that is open or attached",
                NTSTATUS.STATUS_INVALID_PARAMETER)
        : NtChecks.IsEnabled && stream.FindOverwritten() is { } rule
            ? Broken(rule, NTSTATUS.STATUS_INVALID_PARAMETER)
        : stream.IsMineExclusively ? null
        : Broken("the file must be acquired exclusively by the calling thread (ConcordAcquireExclusive, "
                + "NtFile.AcquireExclusive, or ExAcquireResourceExclusiveLite on the control block's main resource)",
            NTSTATUS.STATUS_RESOURCE_NOT_OWNED);

    /// <summary>A flag that callers do not pass: an error where errors are looked for, and otherwise nothing.</summary>
    internal static void CheckFlags(uint flags)
    {
        if (!NtChecks.IsEnabled || (flags & Ntifs.CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS) == 0) return;
        throw Broken("CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS is reserved for the system",
            NTSTATUS.STATUS_INVALID_PARAMETER);
    }

    internal static NtPreconditionException NoIoStatus() =>
        Broken("IoStatus must not be null: there is no other way to tell of a failure",
            NTSTATUS.STATUS_INVALID_PARAMETER);

    private static NtPreconditionException Broken(string rule, NTSTATUS status) => new(Routine, rule, status);
}
