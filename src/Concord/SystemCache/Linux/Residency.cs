using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>What the page cache holds of a file: two answers of the kernel, and when each can be believed.</summary>
/// <remarks>
/// <para>
/// <c>cachestat</c> counts pages of the opened file, also dirty ones. It sees nothing on an overlay, is refused for a
/// file that one neither owns nor may write, and may be missing. So its zero is believed only where the file's own
/// cache is known to be the place.
/// </para>
/// <para>
/// <c>mincore</c> says of each page of a mapping whether it is resident, and a mapping leads to where the pages are,
/// through an overlay too. For a file that one neither owns nor may write it answers "all resident", so it is asked
/// only after the kernel has shown that it accepts this process as owner or writer.
/// </para>
/// <para>Where neither can be believed the answer is unknown.</para>
/// </remarks>
internal sealed class Residency(FileDescriptor file, FileSystemType type, ResidencySources sources)
{
    private static volatile bool cachestatIsMissing;

    private bool? _isOwnerOrWriter;

    /// <summary>How many pages of the range are resident, dirty, and being written.</summary>
    internal PageCounts Count(ByteRange pages)
    {
        if (pages.IsEmpty) return PageCounts.None;
        PageCounts? counted = Cachestat(pages);
        if (counted is { } all && type.CachestatSeesAll) return all;

        long? resident = CanAskMincore ? MincoreScan.Count(file, pages) : null;
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
        if (pages.IsEmpty) return map;
        if (!type.CachestatSeesAll || Cachestat(pages) is not { } counted)
        {
            return CanAskMincore && MincoreScan.Mark(file, pages, map) ? map : null;
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
    /// Marks what <c>cachestat</c> has counted, by asking it about ever smaller parts and <c>mincore</c> about the
    /// smallest, so that the time grows with what is resident and not with the file: a sparse terabyte takes milliseconds.
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
            return MincoreScan.Mark(file, pages, map);
        }

        // 16 parts a level: five levels from a terabyte down to one call of mincore.
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
        if (!sources.HasFlag(ResidencySources.Cachestat) || cachestatIsMissing) return null;
        Libc.CachestatRange range = new((ulong)pages.Offset, (ulong)pages.Length);
        if (Libc.Cachestat(file, range, out Libc.CachestatCounts counts) == 0)
        {
            return new((long)counts.Cached, (long)counts.Dirty, (long)counts.WriteBack);
        }

        if (Marshal.GetLastPInvokeError() == ErrorNumber.NoSystemCall) cachestatIsMissing = true;
        return null;
    }

    private bool CanAskMincore => sources.HasFlag(ResidencySources.Mincore) && IsOwnerOrWriter;

    /// <summary>
    /// Whether the kernel accepts this process as the file's owner or as somebody who may write it, in which case
    /// <c>mincore</c> tells the truth. That the access time is left alone is granted to owners by the same rule.
    /// </summary>
    private bool IsOwnerOrWriter => _isOwnerOrWriter ??= AccessTime.Keep(file) || MayWrite();

    private bool MayWrite() => Libc.Faccessat2(file, Libc.MayWrite) == 0;
}
