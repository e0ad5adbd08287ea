using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Concord.Benchmarks.Workloads;

/// <summary>Passes over memory that bring its lines into the processor's caches, clean or dirty.</summary>
internal static unsafe class LinePass
{
    private static byte Value;

    /// <summary>
    /// What the last pass read: kept where others can see it, or the compiler may leave the reads out.
    /// </summary>
    internal static int Sink { get; private set; }

    /// <summary>Takes every line out of the caches, then brings it back as a clean or a dirty one.</summary>
    public static void Prepare(byte* address, long bytes, LineState state)
    {
        ProcessorCache.FlushAndInvalidate(new ReadOnlySpan<byte>(address, checked((int)bytes)));
        if (state == LineState.Clean) Read(address, bytes);
        if (state == LineState.Dirty) Write(address, bytes);
        Thread.MemoryBarrier();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Read(byte* address, long bytes)
    {
        Vector256<int> sum = Vector256<int>.Zero;
        for (long at = 0; at < bytes; at += Vector256<byte>.Count) sum += Vector256.Load((int*)(address + at));
        Sink = Vector256.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Write(byte* address, long bytes)
    {
        Vector256<byte> value = Vector256.Create(++Value);
        for (long at = 0; at < bytes; at += Vector256<byte>.Count) value.Store(address + at);
    }
}

/// <summary>How the lines of a range lie in the caches when a measurement begins.</summary>
internal enum LineState
{
    /// <summary>In no cache.</summary>
    Absent,

    /// <summary>Read, as far as the caches hold them.</summary>
    Clean,

    /// <summary>Written, as far as the caches hold them.</summary>
    Dirty,
}
