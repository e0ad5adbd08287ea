using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Concord.Memory;

/// <summary>
/// Copies bytes to or from pages so that each aligned 8 bytes of the page are copied at once (I6): a call that
/// overlaps another may leave a mixture of both at that grain and no finer.
/// </summary>
/// <remarks>
/// The middle, whose ends are multiples of 8 in the page, moves in units of 8 bytes and more, each of which begins at a
/// multiple of 8; the ragged ends, which are part of an aligned 8 bytes, go on their own.
/// </remarks>
internal static class PageCopy
{
    private const int Grain = sizeof(long);

    /// <summary>
    /// Up to this length a loop is faster than the runtime's copy, which passes anything longer than 2 KiB to the C
    /// library, and that, on some processors, to slow microcode. For longer copies the library's stores around the
    /// caches are faster.
    /// </summary>
    private const int LoopBytesMax = 32 * 1024;

    /// <param name="source">The bytes to copy.</param>
    /// <param name="destination">Where they go; at least as long.</param>
    /// <param name="inside">Where in the page's extent the first byte lies.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(ReadOnlySpan<byte> source, Span<byte> destination, int inside)
    {
        int head = Math.Min(-inside & (Grain - 1), source.Length);
        int middle = (source.Length - head) & -Grain;
        if (head != 0) source[..head].CopyTo(destination);
        if (middle != 0) CopyMiddle(source.Slice(head, middle), destination.Slice(head, middle));
        if (head + middle != source.Length) source[(head + middle)..].CopyTo(destination[(head + middle)..]);
    }

    private static void CopyMiddle(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // The two may overlap where a caller copies a file's pages onto themselves through a lease.
        if (!Vector256.IsHardwareAccelerated || source.Length > LoopBytesMax || source.Overlaps(destination))
        {
            source.CopyTo(destination);
            return;
        }

        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(destination);
        nuint length = (nuint)source.Length, at = 0;
        nuint vector = (nuint)Vector256<byte>.Count;
        for (; at + (4 * vector) <= length; at += 4 * vector)
        {
            // Read all four before the first is written, so that the reads need not wait for the writes.
            var first = Vector256.LoadUnsafe(ref from, at);
            var second = Vector256.LoadUnsafe(ref from, at + vector);
            var third = Vector256.LoadUnsafe(ref from, at + (2 * vector));
            var fourth = Vector256.LoadUnsafe(ref from, at + (3 * vector));
            first.StoreUnsafe(ref to, at);
            second.StoreUnsafe(ref to, at + vector);
            third.StoreUnsafe(ref to, at + (2 * vector));
            fourth.StoreUnsafe(ref to, at + (3 * vector));
        }

        for (; at < length; at += Grain)
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), Unsafe.ReadUnaligned<long>(ref Unsafe.Add(ref from, at)));
        }
    }
}
