using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Stores that go past the caches, with the widest registers the processor has: how fast memory takes bytes at all,
/// and with that the limit for every flush.
/// </summary>
internal static unsafe class StoreLoop
{
    /// <summary>The instruction in use, or null where .NET offers none for this processor.</summary>
    public static string? Instruction { get; } =
        Avx512F.IsSupported ? "AVX-512 vmovntdq"
        : Avx.IsSupported ? "AVX vmovntdq"
        : Sse2.IsSupported ? "SSE2 movntdq"
        : AdvSimd.Arm64.IsSupported ? "stnp"
        : null;

    /// <summary>Fills a range, whose ends lie at multiples of 64 bytes, and waits until the stores are done.</summary>
    public static void Fill(byte* address, long bytes, byte value)
    {
        if (Avx512F.IsSupported) Fill512(address, bytes, value);
        else if (Avx.IsSupported) Fill256(address, bytes, value);
        else if (Sse2.IsSupported) Fill128(address, bytes, value);
        else FillPairs(address, bytes, value);

        if (Sse.IsSupported) Sse.StoreFence();
        else Thread.MemoryBarrier();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fill512(byte* address, long bytes, byte value)
    {
        Vector512<byte> line = Vector512.Create(value);
        for (byte* end = address + bytes; address < end; address += Vector512<byte>.Count)
            Avx512F.StoreAlignedNonTemporal(address, line);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fill256(byte* address, long bytes, byte value)
    {
        Vector256<byte> half = Vector256.Create(value);
        for (byte* end = address + bytes; address < end; address += Vector256<byte>.Count)
            Avx.StoreAlignedNonTemporal(address, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fill128(byte* address, long bytes, byte value)
    {
        Vector128<byte> quarter = Vector128.Create(value);
        for (byte* end = address + bytes; address < end; address += Vector128<byte>.Count)
            Sse2.StoreAlignedNonTemporal(address, quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FillPairs(byte* address, long bytes, byte value)
    {
        Vector128<byte> quarter = Vector128.Create(value);
        for (byte* end = address + bytes; address < end; address += 2 * Vector128<byte>.Count)
            AdvSimd.Arm64.StorePairNonTemporal(address, quarter, quarter);
    }
}
