using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Which pages of a mapping are in the process's page table, from <c>/proc/PID/pagemap</c>.</summary>
/// <remarks>Needs the right to trace the process; without it the whole mapping counts as present.</remarks>
internal sealed class PresentPages(ProcessFolder process) : IDisposable
{
    /// <summary>64 KiB of entries: 32 MiB of memory a read.</summary>
    private const int EntriesPerRead = 8192;

    /// <summary>Bit 63: present. Bit 61: a page of a file or shared, and not a private copy.</summary>
    private const ulong PresentPageOfFile = 1UL << 63 | 1UL << 61;

    private readonly FileDescriptor _entries = process.OpenFile("pagemap");
    private readonly ulong[] _read = new ulong[EntriesPerRead];

    /// <summary>The runs of pages, numbered within the file, that stayed and that the mapping shows.</summary>
    internal IEnumerable<(long Start, long End)> Find(MappedPart part, PageMap left)
    {
        long firstPage = part.Range.Offset / PageRange.PageSize, endPage = part.Range.End / PageRange.PageSize;
        for (long from = firstPage; left.TryNextRun(from, out long start, out long end) && start < endPage; from = end)
        {
            end = Math.Min(end, endPage);
            long entry = (long)(part.Address / (ulong)PageRange.PageSize) + start - firstPage;
            foreach ((long runStart, long runEnd) in FindRuns(entry, end - start))
            {
                yield return (start + runStart, start + runEnd);
            }
        }
    }

    public void Dispose() => _entries.Dispose();

    private IEnumerable<(long Start, long End)> FindRuns(long entry, long count)
    {
        long start = -1;
        for (long done = 0; done < count; done += EntriesPerRead)
        {
            int entries = (int)Math.Min(EntriesPerRead, count - done);

            // Without the right to read the entries, all the rest counts as present.
            if (!TryRead(entry + done, entries))
            {
                yield return (start < 0 ? done : start, count);
                yield break;
            }

            // A run goes on over the end of a read.
            for (int index = 0; index < entries; index++)
            {
                bool present = (_read[index] & PresentPageOfFile) == PresentPageOfFile;
                if (present && start < 0) start = done + index;
                if (present || start < 0) continue;
                yield return (start, done + index);
                start = -1;
            }
        }

        if (start >= 0) yield return (start, count);
    }

    private bool TryRead(long entry, int count)
    {
        if (_entries.IsInvalid) return false;
        Span<byte> bytes = MemoryMarshal.AsBytes(_read.AsSpan(0, count));
        return ProcessFile.Read(_entries, bytes, entry * sizeof(ulong)) == bytes.Length;
    }
}
