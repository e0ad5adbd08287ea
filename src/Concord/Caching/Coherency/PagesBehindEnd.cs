using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Pages behind a file's end, and the part of its last page there. Their bytes are not the file's: they are cleared or
/// dropped.
/// </summary>
/// <remarks>Called with the file held exclusively.</remarks>
internal sealed class PagesBehindEnd(FileState file)
{
    /// <summary>
    /// The file is about to become longer without a write of the bytes from its end on: what views wrote there, which
    /// is not the file's, becomes zeros. Without views there are only zeros.
    /// </summary>
    internal async ValueTask ForgetAsync(CallMode mode)
    {
        if (!file.IsStaged) return;
        long length = file.Sizes.Length;
        await DropAsync(length, mode).ConfigureAwait(false);
        ClearTail(length);
    }

    /// <summary>
    /// Drops pages that lie wholly behind an end, dirty or not, also from views. Waits first for a write-back of them.
    /// </summary>
    /// <exception cref="IOException">That write-back does not end; pages that are left are as they were.</exception>
    private async ValueTask DropAsync(long length, CallMode mode)
    {
        var behind = ByteRange.FromBounds(length, long.MaxValue);
        var punched = new List<(Extent Extent, ulong Pages)>();
        try
        {
            foreach (var extent in file.Extents.In(behind))
            {
                // Wait until no page here is being written; then drop those that no lease holds.
                ulong pages = PageGeometry.WholePagesOf(extent.Index, behind);
                await extent.WhenIdleAsync(
                    (File: file, Pages: pages, Punched: punched),
                    static (busy, asked) => busy.Writing & asked.Pages,
                    static (idle, asked) =>
                    {
                        ulong gone = asked.Pages & ~idle.Leased;
                        idle.DiscardLocked(gone, asked.File.Scheduler);
                        asked.File.Sharers.ClaimDroppedLocked(idle, gone, asked.Punched);
                    },
                    file.StoreWait,
                    mode).ConfigureAwait(false);
            }
        }
        finally
        {
            // Views do not look at masks: the dropped pages lose their memory too.
            file.Sharers.GiveBack(punched);
        }
    }

    /// <summary>
    /// The file became shorter below the cache: drops clean pages behind its end, also from views, and clears the rest
    /// of the last page. The caller has closed the pages; none behind the end is held or has to be written.
    /// </summary>
    internal void DropClean(long length)
    {
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var extent in file.Extents.In(ByteRange.FromBounds(length, long.MaxValue)))
        {
            lock (extent)
            {
                ulong gone = PageGeometry.WholePagesOf(
                    extent.Index, ByteRange.FromBounds(length, long.MaxValue)) & extent.DroppableLocked;
                extent.DiscardLocked(gone, file.Scheduler);
                file.Sharers.ClaimDroppedLocked(extent, gone, punched);
            }
        }

        file.Sharers.GiveBack(punched);
        ClearTail(length);
    }

    /// <summary>Zeros from the new end to the end of its page, if that page is in memory.</summary>
    internal void ClearTail(long length)
    {
        int inside = (int)(length & (PageGeometry.ExtentBytes - 1));
        int pageEnd = PageGeometry.RoundUpToPage(inside);
        if (pageEnd == inside || file.Extents.Find(PageGeometry.ExtentOf(length)) is not { } extent) return;
        lock (extent)
        {
            if ((extent.Resident >> (inside >> PageGeometry.PageShift) & 1) != 0)
            {
                extent.BytesAt(inside, pageEnd - inside).Clear();
            }
        }
    }
}
