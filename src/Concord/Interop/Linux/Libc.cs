using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// The C library of Linux. One import a file; every import that can fail sets the last error, which
/// <see cref="LastError"/> turns into an exception that names the attempt.
/// </summary>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>An exception for the last failed import on this thread.</summary>
    /// <param name="action">The attempt and its object: "map data.db".</param>
    internal static IOException LastError(string action)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
    }
}
