using System.Buffers;
using System.Runtime.CompilerServices;
using Concord.Interop;

namespace Concord.Caching;

/// <summary>
/// A caller's buffer that lies in a view. Managed code must not touch it (I9), so the bytes pass through a buffer in
/// ordinary memory. They are copied while the call holds nothing, since the copy may wait for the view's pages.
/// </summary>
/// <remarks>
/// Between that buffer and a view of the file's own pages they are copied by paging I/O, as a sharer's. A system call
/// would pin the view's pages first and copy then; a purge in between would drop the pages, and the copied bytes with
/// them. Pages that a private view has written belong to that view: there, and outside views, the system copies.
/// </remarks>
internal static class Bounce
{
    /// <summary>The most tries where pages leave again between their load and the copy.</summary>
    private const int TriesMax = 100;

    /// <summary>Whether a buffer lies, wholly or in part, in a view of this process. Without views, one read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsNeeded(ReadOnlySpan<byte> buffer) => ForeignMemory.Meets(buffer);

    internal static byte[] Rent(int length) => ArrayPool<byte>.Shared.Rent(Math.Max(1, length));

    internal static void Return(byte[] bytes) => ArrayPool<byte>.Shared.Return(bytes);

    /// <summary>Copies the bytes of a buffer in a view to rented memory.</summary>
    /// <exception cref="IOException">A page of the view cannot be loaded.</exception>
    internal static byte[] Copy(ReadOnlySpan<byte> source)
    {
        byte[] bytes = Rent(source.Length);
        for (int done = 0, tries = 0; done < source.Length;)
        {
            int length = Find(source[done..], out var owner, out nint address);

            // The file's own pages: paging I/O copies them.
            if (owner is { IsFile: true })
            {
                owner.Get(address, bytes.AsMemory(done, length));
                done += length;
                continue;
            }

            // Private pages, or bytes outside views: the system copies, and stops at a page that it cannot read.
            int copied = ForeignMemory.Copy(source.Slice(done, length), bytes.AsSpan(done));
            done += copied;
            if (copied < length) EnsureResident(owner, address + copied, ref tries);
        }

        return bytes;
    }

    /// <summary>Copies bytes into a buffer in a view.</summary>
    /// <exception cref="IOException">A page of the view cannot be loaded.</exception>
    /// <exception cref="ArgumentException">The view is for reading.</exception>
    internal static void Put(ReadOnlyMemory<byte> source, Span<byte> destination)
    {
        for (int done = 0, tries = 0; done < source.Length;)
        {
            int length = Find(destination[done..source.Length], out var owner, out nint address);

            // The file's own pages: paging I/O writes them.
            if (owner is { IsFile: true, IsWritable: true })
            {
                owner.Put(address, source.Slice(done, length));
                done += length;
                continue;
            }

            // Private pages, or bytes outside views: the system copies, and stops at a page that it cannot write.
            int copied = ForeignMemory.Copy(source.Span.Slice(done, length), destination.Slice(done, length));
            done += copied;
            if (copied < length)
            {
                EnsureResident(owner is { IsWritable: true } ? owner : null, address + copied, ref tries);
            }
        }
    }

    /// <summary>
    /// Finds the part of a buffer that lies in one view, or outside all views, from its first byte on.
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

    /// <summary>Called where the system could not copy a page: loads and maps the page, or throws.</summary>
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
