using System.Runtime.InteropServices;

namespace Concord.Cli.Text;

/// <summary>What went wrong with a file whose name stands before it.</summary>
internal static class ErrorText
{
    /// <summary>The largest number that a system gives an error.</summary>
    private const int NumberMax = 4095;

    private const int PermissionDenied = 13;

    private const string Denied = "it may not be opened; run as a user who may";

    /// <summary>
    /// This program's words, or the system's, where the message of .NET or of the library has the path in it again; any
    /// other message as it is.
    /// </summary>
    internal static string Of(Exception exception) => exception switch
    {
        UnauthorizedAccessException when HasName(exception) => Denied,
        IOException { HResult: PermissionDenied } => Denied,
        IOException { HResult: > 0 and <= NumberMax } when HasName(exception) && !OperatingSystem.IsWindows() =>
            $"{Marshal.GetPInvokeErrorMessage(exception.HResult)} (errno {exception.HResult})",
        _ => exception.Message,
    };

    private static bool HasName(Exception exception) => exception.Message.Contains('\'', StringComparison.Ordinal);
}
