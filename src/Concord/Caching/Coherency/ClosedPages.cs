using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Pages of a range that are about to be taken away: they are closed, so that hits and leases take the slow path and
/// wait there; then whoever was inside has to leave (<see cref="Drain"/>). The exclusive hold keeps out everybody but
/// its holder, who may read and write from several threads, so the hold alone is not enough. An eviction, which has no
/// hold, closes pages without this object.
/// </summary>
internal sealed class ClosedPages
{
    private readonly FileState _file;
    private readonly List<(Extent Extent, ulong Pages)> _parts = [];
    private bool _isDrained;

    internal ClosedPages(FileState file) => _file = file;

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
            await closed.AddAsync(
                extent,
                (Pages: PageGeometry.PagesOf(extent.Index, range), IsAbsentToo: isAbsentToo),
                static (busy, asked) => busy.Closing & asked.Pages,
                static (idle, asked) => asked.IsAbsentToo ? asked.Pages : asked.Pages & idle.Resident,
                mode,
                CancellationToken.None).ConfigureAwait(false);
        }

        closed.Drain();
        return closed;
    }

    /// <summary>Closes pages of one extent when nobody is busy with it.</summary>
    /// <param name="extent">The extent, behind those that were added before.</param>
    /// <param name="asked">What the two delegates need.</param>
    /// <param name="busyLocked">
    /// The pages that are waited for, among them those to be closed that somebody else has closed.
    /// </param>
    /// <param name="chooseLocked">The pages to close.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing of this extent is closed then.</param>
    internal async ValueTask AddAsync<TAsked>(
        Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        Func<Extent, TAsked, ulong> chooseLocked,
        CallMode mode,
        CancellationToken cancellationToken)
    {
        ulong pages = await extent.WhenIdleAsync(
            (Asked: asked, Busy: busyLocked, Choose: chooseLocked, _file.Scheduler),
            static (busy, all) => all.Busy(busy, all.Asked),
            static (idle, all) =>
            {
                ulong closing = all.Choose(idle, all.Asked);
                if (closing != PageMask.None) idle.CloseLocked(closing, all.Scheduler);
                return closing;
            },
            mode,
            cancellationToken,
            _file.Scheduler).ConfigureAwait(false);
        _parts.Add((extent, pages));
    }

    /// <summary>Waits, when all are closed, until whoever was inside has left; some may be stuck there.</summary>
    internal void Drain() => _isDrained = _file.DrainPins();

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
