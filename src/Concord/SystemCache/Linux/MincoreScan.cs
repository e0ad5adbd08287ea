using System.Numerics;
using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Walks a range with <c>mincore</c>, in pieces, through mappings that are never touched.</summary>
internal static unsafe class MincoreScan
{
    /// <summary>
    /// The pages of one call, one byte each on the stack: 2 MiB of a file. More would gain nothing, since the kernel's
    /// work for each page dominates.
    /// </summary>
    internal const int PagesPerCall = 512;

    /// <summary>
    /// The address space of one mapping, which costs a microsecond; less where the process may not have so much.
    /// </summary>
    private const long BytesPerMapping = 1L << 30, BytesPerMappingMin = 2L << 20;

    private delegate void Visit(long firstPage, ReadOnlySpan<byte> pages);

    /// <summary>How many pages are resident, or <see langword="null"/> when the file cannot be mapped.</summary>
    internal static long? Count(FileDescriptor file, ByteRange range)
    {
        long count = 0;
        return Walk(file, range, (_, pages) => count += CountResident(pages)) ? count : null;
    }

    /// <summary>Marks the pages that are resident; <see langword="false"/> when the file cannot be mapped.</summary>
    internal static bool Mark(FileDescriptor file, ByteRange range, PageMap map) => Walk(file, range, (first, pages) =>
    {
        for (int start = 0; start < pages.Length;)
        {
            bool resident = (pages[start] & 1) != 0;
            int end = start + 1;
            while (end < pages.Length && (pages[end] & 1) != 0 == resident) end++;
            if (resident) map.Set(first + start, first + end);
            start = end;
        }
    });

    private static long CountResident(ReadOnlySpan<byte> pages)
    {
        // Bit 0 of each byte is the answer; the other bits are undefined.
        const ulong AnswerBits = 0x0101010101010101;
        long count = 0;
        foreach (ulong eight in MemoryMarshal.Cast<byte, ulong>(pages))
            count += BitOperations.PopCount(eight & AnswerBits);
        foreach (byte page in pages[(pages.Length & ~7)..]) count += page & 1;
        return count;
    }

    private static bool Walk(FileDescriptor file, ByteRange range, Visit visit)
    {
        int pageSize = PageRange.PageSize;
        byte* answers = stackalloc byte[PagesPerCall];
        long bytes = BytesPerMapping;
        for (long start = range.Offset, end; start < range.End; start = end)
        {
            // Map the next stretch; where address space is short, try again with half the length.
            end = Math.Min(start + bytes, range.End);
            using FileMapping mapping = new(file, start, end - start);
            if (!mapping.IsMapped)
            {
                if (bytes <= BytesPerMappingMin) return false;
                bytes = Math.Max(bytes / 2, BytesPerMappingMin);
                end = start;
                continue;
            }

            // Ask for its pages, one call a piece.
            for (long at = start; at < end; at += (long)PagesPerCall * pageSize)
            {
                int pages = (int)Math.Min(PagesPerCall, (end - at) / pageSize);
                if (Libc.Mincore(mapping.Address + (nint)(at - start), (nint)pages * pageSize, answers) != 0)
                {
                    throw Libc.LastError("ask which pages of the file are resident");
                }

                visit(at / pageSize, new ReadOnlySpan<byte>(answers, pages));
            }
        }

        return true;
    }
}
