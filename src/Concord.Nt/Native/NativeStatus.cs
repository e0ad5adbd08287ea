namespace Concord.Nt.Native;

/// <summary>The status that stands for an exception of one of Concord's own routines for C.</summary>
internal static class NativeStatus
{
    internal static NTSTATUS Of(Exception error) => error switch
    {
        ArgumentException or OverflowException => NTSTATUS.STATUS_INVALID_PARAMETER,
        FileNotFoundException or DirectoryNotFoundException => NTSTATUS.STATUS_OBJECT_NAME_NOT_FOUND,
        _ => ErrorStatus.Of(error),
    };
}
