using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

/// <summary>The C library. One import a file.</summary>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>An exception for the last failed import on this thread.</summary>
    internal static IOException LastError(string action)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
    }
}
