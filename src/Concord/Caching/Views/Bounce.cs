using System.Buffers;
using System.Runtime.CompilerServices;
using Concord.Interop;

namespace Concord.Caching;

/// <summary>
/// A caller's buffer that lies in a view: managed code must not touch it (I9), so the bytes go by a buffer of our own.
/// They are copied while the call holds nothing, since the copy may wait for the view's pages.
/// </summary>
/// <remarks>
/// Between that buffer and a view that shows the file's own pages they go as a sharer's paging I/O. A call of the
/// system would pin the view's pages and copy then, and a purge in between would drop them together with what comes.
/// Pages that a private view has written are nobody else's: there, and beside views, the system copies.
/// </remarks>
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
        for (int done = 0, tries = 0; done < source.Length;)
        {
            int length = Find(source[done..], out var owner, out nint address);
            if (owner is { IsFile: true })
            {
                owner.Get(address, bytes.AsMemory(done, length));
                done += length;
                continue;
            }

            int copied = ForeignMemory.Copy(source.Slice(done, length), bytes.AsSpan(done));
            done += copied;
            if (copied < length) EnsureResident(owner, address + copied, ref tries);
        }

        return bytes;
    }

    /// <summary>Puts bytes into a buffer in a view.</summary>
    /// <exception cref="IOException">A page of the view cannot be brought in.</exception>
    /// <exception cref="ArgumentException">The view is for reading.</exception>
    internal static void Put(ReadOnlyMemory<byte> source, Span<byte> destination)
    {
        for (int done = 0, tries = 0; done < source.Length;)
        {
            int length = Find(destination[done..source.Length], out var owner, out nint address);
            if (owner is { IsFile: true, IsWritable: true })
            {
                owner.Put(address, source.Slice(done, length));
                done += length;
                continue;
            }

            int copied = ForeignMemory.Copy(source.Span.Slice(done, length), destination.Slice(done, length));
            done += copied;
            if (copied < length)
            {
                EnsureResident(owner is { IsWritable: true } ? owner : null, address + copied, ref tries);
            }
        }
    }

    /// <summary>
    /// The part of a buffer that lies in the view, or outside all views, in which its first byte lies.
    /// </summary>
    /// <returns>How many bytes that are.</returns>
    private static unsafe int Find(ReadOnlySpan<byte> rest, out ViewBuffer? owner, out nint address)
    {
        owner = null;
        fixed (byte* first = rest)
        {
            address = (nint)first;
            nuint start = (nuint)first, end = start + (nuint)rest.Length;
            if (!ForeignRanges.Shared.Snapshot.TryFind(start, out var range) || range.Start >= end) return rest.Length;
            if (range.Start > start) return (int)(range.Start - start);
            owner = range.Owner as ViewBuffer;
            return (int)(Math.Min(range.End, end) - start);
        }
    }

    /// <summary>The system could not copy a page: brings it in where a call alone cannot, or says why.</summary>
    private static void EnsureResident(ViewBuffer? owner, nint address, ref int tries)
    {
        if (owner is null || tries++ == TriesMax)
        {
            throw new ArgumentException(
                "the buffer lies in a view that does not permit this, "
                + "for example one for reading that is to be filled");
        }

        owner.EnsureResident(address);
    }
}
