namespace Concord.Tests.Interop;

/// <summary>Which processors the calling thread runs on. The threads that are pinned are the tests' own.</summary>
internal static unsafe class ProcessorAffinity
{
    private const int MaskWords = 16, WordBits = 64;

    /// <summary>The processors this thread may run on.</summary>
    public static int[] Allowed()
    {
        ulong* mask = stackalloc ulong[MaskWords];
        if (Native.SchedGetAffinity(0, MaskWords * sizeof(ulong), mask) < 0)
            throw new InvalidOperationException("the system does not say which processors this thread may run on");
        var allowed = new List<int>();
        for (int i = 0; i < MaskWords * WordBits; i++)
        {
            if (((mask[i / WordBits] >> (i % WordBits)) & 1) != 0) allowed.Add(i);
        }

        return [.. allowed];
    }

    /// <summary>Keeps the calling thread on one processor.</summary>
    public static void Pin(int processor)
    {
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        mask[processor / WordBits] = 1UL << (processor % WordBits);
        if (Native.SchedSetAffinity(0, MaskWords * sizeof(ulong), mask) != 0)
            throw new InvalidOperationException($"this thread cannot be kept on processor {processor}");
    }
}
