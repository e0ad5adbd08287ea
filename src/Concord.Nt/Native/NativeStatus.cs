namespace Concord.Nt.Native;

/// <summary>The status that stands for an exception of a routine that C has called.</summary>
internal static class NativeStatus
{
    internal static NTSTATUS Of(Exception error) => error switch
    {
        NtPreconditionException broken => broken.Status,
        ArgumentException or OverflowException => NTSTATUS.STATUS_INVALID_PARAMETER,
        _ => ErrorStatus.Of(error),
    };
}
