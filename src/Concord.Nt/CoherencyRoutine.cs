using Concord.Nt.Native;

namespace Concord.Nt;

/// <summary>The coherency routine: the library's one operation behind the original's arguments and results.</summary>
internal static unsafe class CoherencyRoutine
{
    private const uint LibraryOptions = (uint)(CoherencyOptions.NoPurge | CoherencyOptions.ViewsNotSeen);

    internal static IO_STATUS_BLOCK Run(SECTION_OBJECT_POINTERS* pointers, LARGE_INTEGER* offset, uint length,
        uint flags)
    {
        // 1. Check the preconditions.
        var stream = NtStream.Of(pointers);
        if (CoherencyPreconditions.FindBroken(pointers, stream) is { } broken)
        {
            if (NtChecks.IsEnabled) throw broken;
            _ = LastError.Keep(broken);
            return Done(broken.Status, 0);
        }

        CoherencyPreconditions.CheckFlags(flags);

        // 2. Find the range, and whether anything is in memory to be coherent with.
        if (!TryFindRange(offset, length, out var range))
        {
            LastError.Keep(NTSTATUS.STATUS_INVALID_PARAMETER,
                $"{nameof(Ntifs.CcCoherencyFlushAndPurgeCache)}: {length} bytes from {offset->QuadPart} are no range");
            return Done(NTSTATUS.STATUS_INVALID_PARAMETER, 0);
        }

        if (!stream!.HasSection) return Done(NTSTATUS.STATUS_SUCCESS, 0);

        // Behind the end, but in its page: the next write of the store there must meet no copy of that page.
        bool isBehindEnd = IsInLastPageBehindEnd(stream, range);
        if (isBehindEnd) range = ByteRange.FromBounds(PageStart(range.Offset), range.End);

        // Mapped zeros behind the end have nothing to be flushed.
        if ((flags & Ntifs.CC_FLUSH_AND_PURGE_NO_PURGE) != 0 && stream.Zeros.HasPages)
            range = WithoutZeros(range, stream.State.Sizes.Length);

        // 3. Run the operation, through the handle that acquired the file; raise nothing.
        try
        {
            var options = (CoherencyOptions)(flags & LibraryOptions);
            var result = stream.Through(file => file.FlushAndPurge(range, options));
            return Done(StatusOf(result.Status), isBehindEnd ? 0 : result.BytesInStore);
        }
        catch (WriteBackException error) when (LastError.Keep(error))
        {
            return Done(ErrorStatus.Of(error), isBehindEnd ? 0 : error.Result.BytesInStore);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return Done(ErrorStatus.Of(error), 0);
        }
    }

    /// <summary>
    /// No offset: everything. A length of 0: to the end, so that what is flushed contains what is purged.
    /// </summary>
    private static bool TryFindRange(LARGE_INTEGER* offset, uint length, out ByteRange range)
    {
        range = new ByteRange(0, long.MaxValue);
        if (offset is null) return true;
        long start = offset->QuadPart;
        if (start < 0 || length > long.MaxValue - start) return false;
        range = length == 0 ? ByteRange.FromBounds(start, long.MaxValue) : new ByteRange(start, length);
        return true;
    }

    /// <summary>What a range has of the file's pages; all of it where it has none.</summary>
    private static ByteRange WithoutZeros(ByteRange range, long length)
    {
        var inFile = range.Intersect(new ByteRange(0, length).RoundOut(Environment.SystemPageSize));
        return inFile.IsEmpty ? range : inFile;
    }

    private static long PageStart(long offset) => offset & -(long)Environment.SystemPageSize;

    private static bool IsInLastPageBehindEnd(NtStream stream, ByteRange range)
    {
        if (!stream.IsConcords) return false;
        long length = stream.State.Sizes.Length;
        return range.Offset >= length && PageStart(range.Offset) < length;
    }

    /// <summary>Where it cannot be known whether a page stayed, the caller must not rely on its being gone.</summary>
    private static NTSTATUS StatusOf(CoherencyStatus status) =>
        status == CoherencyStatus.Success ? NTSTATUS.STATUS_SUCCESS : NTSTATUS.STATUS_CACHE_PAGE_LOCKED;

    private static IO_STATUS_BLOCK Done(NTSTATUS status, long information) =>
        new() { Status = status, Information = (nuint)information };
}
