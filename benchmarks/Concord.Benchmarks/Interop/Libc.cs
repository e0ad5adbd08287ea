using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

/// <summary>The C library, as the benchmarks and their rivals call it. One import a file.</summary>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>An exception for the last failed import on this thread.</summary>
    internal static IOException LastError(string action) => Error(action, Marshal.GetLastPInvokeError());

    /// <summary>An exception for an error number that a call returned.</summary>
    internal static IOException Error(string action, int errno) =>
        new($"cannot {action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
}
