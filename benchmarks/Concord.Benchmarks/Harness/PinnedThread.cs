using Concord.Benchmarks.Interop;

namespace Concord.Benchmarks.Harness;

/// <summary>
/// Binds the calling thread to one processor until disposed. Where a system does not offer that, the thread runs
/// where it likes and the figures spread more.
/// </summary>
internal sealed unsafe class PinnedThread : IDisposable
{
    /// <summary>Room for 1,024 processors, the C library's own limit.</summary>
    private const int MaskWords = 16;

    private readonly ulong[] _former = new ulong[MaskWords];

    private PinnedThread(int processor)
    {
        if (!OperatingSystem.IsLinux()) return;
        fixed (ulong* former = _former)
        {
            if (Libc.SchedGetaffinity(0, MaskWords * sizeof(ulong), former) < 0)
                throw Libc.LastError("read the thread's processors");
        }

        Bind(1UL << processor % 64, processor / 64);
    }

    /// <summary>The processors this process may use, by number.</summary>
    public static int[] Processors { get; } = FindProcessors();

    /// <summary>Binds the calling thread to the n-th processor this process may use.</summary>
    public static PinnedThread ToProcessor(int index) => new(Processors[index]);

    public void Dispose()
    {
        if (!OperatingSystem.IsLinux()) return;
        fixed (ulong* former = _former)
        {
            if (Libc.SchedSetaffinity(0, MaskWords * sizeof(ulong), former) != 0)
                throw Libc.LastError("give the thread its processors back");
        }
    }

    private static void Bind(ulong bits, int word)
    {
        ulong* mask = stackalloc ulong[MaskWords];
        mask[word] = bits;
        if (Libc.SchedSetaffinity(0, MaskWords * sizeof(ulong), mask) != 0)
            throw Libc.LastError("bind the thread to a processor");
    }

    private static int[] FindProcessors()
    {
        if (!OperatingSystem.IsLinux()) return [.. Enumerable.Range(0, Environment.ProcessorCount)];
        ulong* mask = stackalloc ulong[MaskWords];
        if (Libc.SchedGetaffinity(0, MaskWords * sizeof(ulong), mask) < 0)
            throw Libc.LastError("read the thread's processors");
        var processors = new List<int>();
        for (int bit = 0; bit < MaskWords * 64; bit++)
        {
            if ((mask[bit / 64] >> bit % 64 & 1) != 0) processors.Add(bit);
        }

        return [.. processors];
    }
}
