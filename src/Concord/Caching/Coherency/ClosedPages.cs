using System.Diagnostics.CodeAnalysis;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Pages of a range that are about to be taken away: closed, so that hits and leases take the slow path and
/// wait, and with those drained who were inside. Whoever has the hold may read and write from several threads, so the
/// hold alone keeps nobody out.
/// </summary>
internal sealed class ClosedPages
{
    private readonly FileState _file;
    private readonly List<(Extent Extent, ulong Pages)> _parts = [];
    private bool _isDrained;

    private ClosedPages(FileState file) => _file = file;

    /// <summary>The extents that meet the range, and what of each was closed.</summary>
    internal IReadOnlyList<(Extent Extent, ulong Pages)> Parts => _parts;

    /// <summary>Closes the pages of a range, in ascending order, each when nobody else has it closed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="range">The range.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="isAbsentToo">
    /// Whether pages that are loaded from now on may not be used before they are reopened either.
    /// </param>
    internal static async ValueTask<ClosedPages> CloseAsync(
        FileState file, ByteRange range, CallMode mode, bool isAbsentToo = false)
    {
        var closed = new ClosedPages(file);
        foreach (var extent in file.Extents.In(range))
        {
            while (!closed.TryClose(extent, range, isAbsentToo, out var change))
            {
                await change.WaitAsync(mode).ConfigureAwait(false);
            }
        }

        closed._isDrained = file.DrainPins();
        return closed;
    }

    /// <summary>Closes the pages of an extent, unless somebody else has one of them closed.</summary>
    private bool TryClose(Extent extent, ByteRange range, bool isAbsentToo, [NotNullWhen(false)] out Signal? change)
    {
        change = null;
        ulong pages = PageGeometry.PagesOf(extent.Index, range);
        lock (extent)
        {
            if ((extent.Closing & pages) != PageMask.None)
            {
                change = extent.NextChangeLocked();
                return false;
            }

            ulong closing = isAbsentToo ? pages : pages & extent.Resident;
            if (closing != PageMask.None) extent.CloseLocked(closing, _file.Scheduler);
            _parts.Add((extent, closing));
            return true;
        }
    }

    /// <summary>
    /// The pages of an extent that somebody is copying from or to and does not leave. A writer that is inside marks its
    /// page dirty when it ends, so the page has to be there.
    /// </summary>
    internal ulong StuckIn(Extent extent) => _isDrained ? PageMask.None : Pins.Inside(_file.SectionId, extent.Index);

    /// <summary>Lets everybody in again, for a caller that has not reopened each part himself.</summary>
    internal void Reopen()
    {
        foreach (var (extent, pages) in _parts)
        {
            lock (extent) extent.ReopenLocked(pages, _file.Scheduler);
        }
    }
}
