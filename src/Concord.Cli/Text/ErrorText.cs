using System.Runtime.InteropServices;

namespace Concord.Cli.Text;

/// <summary>What went wrong with a file whose name stands before it.</summary>
internal static class ErrorText
{
    /// <summary>The largest number that a system gives an error.</summary>
    private const int NumberMax = 4095;

    /// <summary>
    /// The system's own words where .NET's have the path in them again; an error of this program as it is.
    /// </summary>
    internal static string Of(IOException exception) =>
        !OperatingSystem.IsWindows() && exception.HResult is > 0 and <= NumberMax
            && exception.Message.Contains('\'', StringComparison.Ordinal)
            ? $"{Marshal.GetPInvokeErrorMessage(exception.HResult)} (errno {exception.HResult})"
            : exception.Message;
}
