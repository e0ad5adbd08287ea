using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Every import here takes plain numbers and pointers, so that ahead-of-time compilation covers the calls and the
// start pays for no marshalling code.
[assembly: DisableRuntimeMarshalling]

namespace Concord.Cli.Interop.Linux;

/// <summary>The calls of Linux's C library that the command line needs. One import a file.</summary>
internal static partial class Libc
{
    private const string Name = "libc";

    /// <summary>An exception for the last failed import on this thread.</summary>
    /// <param name="action">The attempt and its object.</param>
    internal static IOException LastError(string action)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno);
    }
}
