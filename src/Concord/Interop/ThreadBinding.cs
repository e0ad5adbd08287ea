using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>Binds threads to processors, where the system has that.</summary>
internal static unsafe class ThreadBinding
{
    /// <summary>Room for 1,024 processors.</summary>
    private const int MaskWords = 16;

    /// <summary>Binds the calling thread to one of the processors that the process may use; without that right it runs anywhere.</summary>
    /// <param name="index">Which of them; beyond the last, nothing happens.</param>
    internal static void TryBind(int index)
    {
        if (!OperatingSystem.IsLinux()) return;
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        if (Libc.SchedGetaffinity(Environment.ProcessId, MaskWords * sizeof(ulong), mask) < 0) return;
        for (int bit = 0; bit < MaskWords * 64; bit++)
        {
            if ((mask[bit / 64] >> (bit % 64) & 1) == 0 || index-- > 0) continue;
            new Span<ulong>(mask, MaskWords).Clear();
            mask[bit / 64] = 1UL << (bit % 64);
            _ = Libc.SchedSetaffinity(0, MaskWords * sizeof(ulong), mask);
            return;
        }
    }
}
