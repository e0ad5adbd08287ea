using System.Buffers;
using System.Runtime.CompilerServices;
using Concord.Interop;

namespace Concord.Caching;

/// <summary>
/// A caller's buffer that lies in a view: managed code must not touch it (I9), so the bytes go by a buffer of our own,
/// and from there by the system. Before anything is taken, since it may wait for the view's pages.
/// </summary>
internal static class Bounce
{
    /// <summary>Tries at pages that leave again between being brought in and being copied.</summary>
    private const int TriesMax = 100;

    /// <summary>Whether a buffer lies, wholly or in part, in a view of this process. Without views, one read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsNeeded(ReadOnlySpan<byte> buffer) => ForeignMemory.Meets(buffer);

    internal static byte[] Rent(int length) => ArrayPool<byte>.Shared.Rent(Math.Max(1, length));

    internal static void Return(byte[] bytes) => ArrayPool<byte>.Shared.Return(bytes);

    /// <summary>The bytes of a buffer in a view, in memory of our own.</summary>
    /// <exception cref="IOException">A page of the view cannot be brought in.</exception>
    internal static byte[] Copy(ReadOnlySpan<byte> source)
    {
        byte[] bytes = Rent(source.Length);
        for (int done = 0, tries = 0; done < source.Length; tries++)
        {
            done += ForeignMemory.Read(source[done..], bytes.AsSpan(done));
            if (done < source.Length) BringIn(source[done..], tries);
        }

        return bytes;
    }

    /// <summary>Puts bytes into a buffer in a view.</summary>
    /// <exception cref="IOException">A page of the view cannot be brought in.</exception>
    /// <exception cref="ArgumentException">The view is for reading.</exception>
    internal static void Put(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        for (int done = 0, tries = 0; done < source.Length; tries++)
        {
            done += ForeignMemory.Write(source[done..], destination[done..]);
            if (done < source.Length) BringIn(destination[done..], tries);
        }
    }

    /// <summary>The system could not copy a page: says why, or brings it in where a call alone cannot.</summary>
    private static unsafe void BringIn(ReadOnlySpan<byte> rest, int tries)
    {
        fixed (byte* first = rest)
        {
            var ranges = ForeignRanges.Shared.Snapshot;
            int index = ForeignRanges.FirstEndingAfter(ranges, (nuint)first);
            if (tries < TriesMax && index < ranges.Length && ranges[index].Start <= (nuint)first && ranges[index].Owner is ViewLines owner)
            {
                owner.BringIn((nint)first);
                return;
            }
        }

        throw new ArgumentException("the buffer lies in a view that does not permit this, for example one for reading that is to be filled", nameof(rest));
    }
}
