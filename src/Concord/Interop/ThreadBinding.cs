using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>Finds the processor of a thread and binds threads to one, where the system can.</summary>
internal static unsafe class ThreadBinding
{
    /// <summary>Room for 1,024 processors.</summary>
    private const int MaskWords = 16;

    /// <summary>Binds the calling thread to a processor; one that the process may not use changes nothing.</summary>
    internal static void TryBind(int processor)
    {
        if (!OperatingSystem.IsLinux() || processor >= MaskWords * 64) return;
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        _ = Libc.SchedSetaffinity(0, MaskWords * sizeof(ulong), mask);
    }

    /// <summary>Lets the calling thread run on every processor that the process may use.</summary>
    internal static void Unbind()
    {
        if (!OperatingSystem.IsLinux()) return;
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        if (Libc.SchedGetaffinity(Environment.ProcessId, MaskWords * sizeof(ulong), mask) < 0) return;
        _ = Libc.SchedSetaffinity(0, MaskWords * sizeof(ulong), mask);
    }

    /// <summary>
    /// The processor on which a thread of this process ran last; -1 where the system does not tell. Allocates nothing.
    /// </summary>
    /// <param name="thread">The system's number of the thread.</param>
    internal static int ProcessorOf(int thread) => OperatingSystem.IsLinux() ? ThreadStatus.ProcessorOf(thread) : -1;
}
