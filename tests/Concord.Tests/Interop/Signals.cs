using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

/// <summary>Signals to processes of tests.</summary>
internal static partial class Signals
{
    internal const int HangUp = 1, Interruption = 2, Termination = 15;

    /// <summary>What Ctrl-C sends.</summary>
    internal static void Interrupt(int process) => Send(process, Interruption);

    internal static void Send(int process, int signal)
    {
        if (Kill(process, signal) != 0)
            throw new IOException($"cannot send signal {signal}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
