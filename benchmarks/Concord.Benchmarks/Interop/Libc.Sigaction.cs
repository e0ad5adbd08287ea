using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    internal const int SegmentationSignal = 11;

    /// <summary>
    /// The handler is told the address; it runs on the thread's own signal stack, and may be interrupted by itself.
    /// </summary>
    internal const int SignalWithAddress = 0x4, SignalOnStack = 0x08000000, SignalNoDefer = 0x40000000;

    /// <summary>What the C library calls struct sigaction, on x64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SignalAction
    {
        internal nint Handler;
        internal fixed ulong Mask[16];
        internal int Flags;
        internal nint Restorer;
    }

    [LibraryImport(Name, EntryPoint = "sigaction", SetLastError = true)]
    internal static partial int Sigaction(int signal, SignalAction* action, SignalAction* former);
}
