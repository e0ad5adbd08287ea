namespace Concord.Nt;

// How mappings and pins hold bytes of a stream: pages of the file, and zeros between its end and its allocation size.
public static unsafe partial class Ntifs
{
    /// <summary>A range, if it lies in one view and in the pages that the stream has been allocated.</summary>
    private static ByteRange? FindInView(
        string routine, NtFile handle, LARGE_INTEGER* fileOffset, uint length, bool waits, void** bcb, void** buffer)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        var range = NtCall.Range(routine, fileOffset, length);
        NtCall.RequirePointer(routine, bcb, "Bcb");
        NtCall.RequirePointer(routine, buffer, "Buffer");
        if (range.IsEmpty) throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, "Length must not be 0");
        long view = range.Offset >> VACB_OFFSET_SHIFT;
        if ((range.End - 1) >> VACB_OFFSET_SHIFT != view)
        {
            if (!waits) return null;
            throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                $"{range} does not lie in one view of {VACB_MAPPING_GRANULARITY} bytes");
        }

        // Behind the end of the file, as far as it has been allocated, there are zeros.
        long end = Math.Max(handle.Operations.Length, handle.Stream.Zeros.AllocationSize);
        if (view << VACB_OFFSET_SHIFT >= end)
        {
            throw NtCall.Broken(routine, NTSTATUS.STATUS_ACCESS_VIOLATION,
                $"the view of {range} lies behind the allocation size of the stream, {end}");
        }

        if (range.End <= WholePages(0, end).End) return range;
        if (!waits) return null;
        throw NtCall.Broken(routine, NTSTATUS.STATUS_END_OF_FILE,
            $"pages of {range} lie behind the allocation size of the stream, {end}");
    }

    /// <summary>Holds a range of one view: pages of the file by a lease, and zeros behind its end.</summary>
    /// <returns>Null if it would have to block and may not.</returns>
    private static HeldBytes? Hold(NtStream stream, FileOperations file, ByteRange range, bool mayBlock)
    {
        while (true)
        {
            // 1. Whole pages behind the end. Where the file has grown over them meanwhile, look again.
            long end = file.Length, pagesEnd = WholePages(0, end).End;
            var behind = range.End <= pagesEnd
                ? default
                : WholePages(Math.Max(range.Offset, pagesEnd), range.End);
            if (!behind.IsEmpty && !stream.Zeros.TryHold(file, behind, mayBlock))
            {
                if (!mayBlock) return null;
                continue;
            }

            // 2. Pages of the file. In its last page all bytes are there, also those behind the end.
            try
            {
                PageLease? lease = null;
                if (range.Offset >= pagesEnd) return new HeldBytes(range, lease, stream.Zeros, behind);
                var inFile = ByteRange.FromBounds(Math.Min(range.Offset, end - 1), Math.Min(range.End, end));
                lease = mayBlock ? file.Lease(inFile)
                    : file.TryLease(inFile, LeaseAccess.Read, out var atOnce) ? atOnce : null;
                if (lease is not null) return new HeldBytes(range, lease, stream.Zeros, behind);
                if (!behind.IsEmpty) stream.Zeros.Release(behind);
                return null;
            }
            catch
            {
                if (!behind.IsEmpty) stream.Zeros.Release(behind);
                throw;
            }
        }
    }

    private static ByteRange WholePages(long start, long end) =>
        ByteRange.FromBounds(start, end).RoundOut(Environment.SystemPageSize);
}
