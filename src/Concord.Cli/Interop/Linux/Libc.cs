using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Every import here takes plain numbers and pointers, so that ahead-of-time compilation covers the calls and the
// start pays for no marshalling code.
[assembly: DisableRuntimeMarshalling]

namespace Concord.Cli.Interop.Linux;

/// <summary>The C library of Linux, as far as the command line needs it. One import a file.</summary>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>An exception for the last failed import on this thread.</summary>
    /// <param name="action">What was tried, on what.</param>
    internal static IOException LastError(string action)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
    }
}
