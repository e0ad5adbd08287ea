using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

/// <summary>Signals to processes of tests.</summary>
internal static partial class Signals
{
    private const int InterruptSignal = 2;

    /// <summary>What Ctrl-C sends.</summary>
    internal static void Interrupt(int process)
    {
        if (Kill(process, InterruptSignal) != 0) throw new IOException($"cannot send SIGINT: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
