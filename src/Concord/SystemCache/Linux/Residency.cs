using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>What the page cache holds of a file: two system calls, and when each can be trusted.</summary>
/// <remarks>
/// <para>
/// <c>cachestat</c> counts pages of the opened file, also dirty ones. It sees nothing on an overlay, is refused for a
/// file that the process neither owns nor may write, and may be missing. So its zero is trusted only where the file's
/// own cache is known to have the pages.
/// </para>
/// <para>
/// <c>mincore</c> tells of each page of a mapping whether it is resident; a mapping leads to the pages through an
/// overlay too. For a file that the process neither owns nor may write it answers "all resident", so it is called only
/// after the kernel has shown that it accepts this process as owner or writer.
/// </para>
/// <para>Where neither can be trusted the answer is unknown.</para>
/// </remarks>
internal sealed class Residency(FoundFile found, ResidencySources sources)
{
    /// <summary>
    /// The most bytes to scan page by page: two seconds at 22 ns a page. A file whose allocated part is large is
    /// scanned all the same, since then the work is in proportion.
    /// </summary>
    private const long ScanBytesMax = 256L << 30, ScanBytesPerAllocated = 4;

    private static volatile bool CachestatIsMissing;

    private bool? _isOwnerOrWriter;

    private FileDescriptor File => found.Opened;

    private FileSystemType Type => found.Type;

    /// <summary>
    /// Whether the pages may be examined: where opening already drops them, only once the file is open anyway.
    /// </summary>
    private bool MayLook => found.IsOpen || !Type.OpeningDropsPages;

    /// <summary>Why residency is unknown, where it is.</summary>
    internal string WhyUnknown =>
        !MayLook ? "opening a file of this file system may drop its pages, so it was not looked at"
        : CanAskMincore && !Type.CachestatSeesAll
            ? "this file system tells of each page alone, and the file has too many"
        : "the system tells only who owns the file or may write it, and can map it: ask as its owner, or as root";

    /// <summary>How many pages of the range are resident, dirty, and being written.</summary>
    internal PageCounts Count(ByteRange pages)
    {
        if (pages.IsEmpty || Type.KeepsNoPages) return PageCounts.None;
        if (Type.HasHugePages) return CountHugePages(pages);
        if (!MayLook) return PageCounts.Unknown;

        // Trust cachestat where it sees all pages; otherwise scan with mincore.
        PageCounts? counted = Cachestat(pages);
        if (counted is { } all && Type.CachestatSeesAll) return all;

        long? resident = CanScan(pages) ? MincoreScan.Count(File, pages) : null;

        // Combine both: a scan decides how many are resident; cachestat adds dirty pages if it saw as many.
        return (counted, resident) switch
        {
            (_, 0) => PageCounts.None,
            ({ } some, { } seen) when some.Resident >= seen => some,
            (_, { } seen) => new(seen, null, null),
            ({ Resident: > 0 } some, null) => some,
            _ => PageCounts.Unknown,
        };
    }

    /// <summary>Which pages of the range are resident, or <see langword="null"/> when it cannot be known.</summary>
    internal PageMap? Map(ByteRange pages)
    {
        PageMap map = new(pages.Offset / PageRange.PageSize, pages.Length / PageRange.PageSize);
        if (pages.IsEmpty || Type.KeepsNoPages) return map;
        if (Type.HasHugePages || !MayLook) return null;
        if (!Type.CachestatSeesAll || Cachestat(pages) is not { } counted)
        {
            return CanScan(pages) && MincoreScan.Mark(File, pages, map) ? map : null;
        }

        return MarkCounted(pages, counted.Resident!.Value, map) ? map : null;
    }

    /// <summary>How many pages of the range are dirty or being written; <see langword="null"/> when unknown.</summary>
    internal long? CountUnwritten(ByteRange pages)
    {
        PageCounts counts = Count(pages);
        return counts.Dirty + counts.UnderWriteBack;
    }

    /// <summary>
    /// Marks the pages that <c>cachestat</c> has counted: calls it for ever smaller parts, and <c>mincore</c> for the
    /// smallest. So the time grows with the resident pages and not with the file: a sparse terabyte takes milliseconds.
    /// </summary>
    private bool MarkCounted(ByteRange pages, long resident, PageMap map)
    {
        long first = pages.Offset / PageRange.PageSize, count = pages.Length / PageRange.PageSize;
        if (resident == 0) return true;
        if (resident >= count)
        {
            map.Set(first, first + count);
            return true;
        }

        if (count <= MincoreScan.PagesPerCall && CanAskMincore)
        {
            return MincoreScan.Mark(File, pages, map);
        }

        // Divide into 16 parts: five levels lead from a terabyte down to one call of mincore.
        long part = Math.Max(1, (count + 15) / 16) * PageRange.PageSize;
        for (long start = pages.Offset; start < pages.End; start += part)
        {
            ByteRange piece = ByteRange.FromBounds(start, Math.Min(start + part, pages.End));
            if (Cachestat(piece) is not { } counted) return false;
            if (!MarkCounted(piece, counted.Resident!.Value, map)) return false;
        }

        return true;
    }

    private PageCounts? Cachestat(ByteRange pages)
    {
        if (!sources.HasFlag(ResidencySources.Cachestat) || CachestatIsMissing) return null;
        Libc.CachestatRange range = new((ulong)pages.Offset, (ulong)pages.Length);
        if (Libc.Cachestat(File, range, out Libc.CachestatCounts counts) == 0)
        {
            return new((long)counts.Cached, (long)counts.Dirty, (long)counts.WriteBack);
        }

        if (Marshal.GetLastPInvokeError() == ErrorNumber.NoSystemCall) CachestatIsMissing = true;
        return null;
    }

    /// <summary>
    /// Files of huge pages: what is allocated is in memory, and is never written anywhere.
    /// </summary>
    private PageCounts CountHugePages(ByteRange pages)
    {
        FileStatus status = found.Look();
        bool isWhole = pages.Offset == 0 && pages.Length >= status.Length;
        return isWhole ? new(status.AllocatedBytes / PageRange.PageSize, 0, 0) : PageCounts.Unknown;
    }

    /// <summary>Whether a range can be scanned page by page in an acceptable time.</summary>
    private bool CanScan(ByteRange pages)
    {
        if (!CanAskMincore) return false;
        return pages.Length <= ScanBytesMax || pages.Length / ScanBytesPerAllocated <= found.Look().AllocatedBytes;
    }

    private bool CanAskMincore => sources.HasFlag(ResidencySources.Mincore) && IsOwnerOrWriter;

    /// <summary>
    /// Whether the kernel accepts this process as the file's owner, or as one that may write it: then <c>mincore</c>
    /// tells the truth. The same rule decides whether a process may leave the access time alone.
    /// </summary>
    private bool IsOwnerOrWriter => _isOwnerOrWriter ??= AccessTime.Keep(File) || MayWrite();

    private bool MayWrite() => Libc.Faccessat2(File, Libc.MayWrite) == 0;
}
