using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

/// <summary>The system library of Windows. One import a file.</summary>
internal static partial class Kernel32
{
    private const string Name = "kernel32.dll";

    /// <summary>The handle that always means this process (GetCurrentProcess).</summary>
    internal const nint ThisProcess = -1;

    /// <summary>The error message of the last failed import on this thread.</summary>
    internal static string LastErrorMessage(string action)
    {
        int error = Marshal.GetLastPInvokeError();
        return $"{action}: {Marshal.GetPInvokeErrorMessage(error)} (error {error})";
    }
}
