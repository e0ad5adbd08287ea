using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Pages of a range that are about to be dropped. They are closed, so that hits and leases take the slow path and wait
/// there; then copies that were inside have to end (<see cref="Drain"/>). The exclusive hold alone is not enough: its
/// holder may read and write from several threads. An eviction, which has no hold, closes pages without this object.
/// </summary>
internal sealed class ClosedPages
{
    private readonly FileState _file;
    private readonly List<(Extent Extent, ulong Pages)> _parts = [];
    private bool _isDrained;

    internal ClosedPages(FileState file) => _file = file;

    /// <summary>The extents that meet the range, and the pages of each that were closed.</summary>
    internal IReadOnlyList<(Extent Extent, ulong Pages)> Parts => _parts;

    /// <summary>Closes the pages of a range, in ascending order; waits where another call has one closed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="range">The range.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="isAbsentToo">
    /// Whether absent pages are closed too: pages loaded from now on may not be used until they are reopened.
    /// </param>
    /// <exception cref="IOException">
    /// The call that has one closed waits for the store, which does not answer: nothing is closed by this call.
    /// </exception>
    internal static async ValueTask<ClosedPages> CloseAsync(
        FileState file, ByteRange range, CallMode mode, bool isAbsentToo = false)
    {
        var closed = new ClosedPages(file);
        try
        {
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
        }
        catch
        {
            closed.Reopen();
            throw;
        }

        closed.Drain();
        return closed;
    }

    /// <summary>Closes pages of one extent, as soon as no other call is busy with them.</summary>
    /// <param name="extent">The extent, behind those that were added before.</param>
    /// <param name="asked">What the two delegates need.</param>
    /// <param name="busyLocked">
    /// The pages to wait for, among them those that another call has closed.
    /// </param>
    /// <param name="chooseLocked">The pages to close.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing of this extent is closed then.</param>
    /// <exception cref="IOException">
    /// A call of the file's store does not answer; nothing of this extent is closed.
    /// </exception>
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
            _file.StoreWait,
            mode,
            cancellationToken).ConfigureAwait(false);
        _parts.Add((extent, pages));
    }

    /// <summary>Waits, when all are closed, until the copies that were inside have ended. Some may be stuck.</summary>
    internal void Drain() => _isDrained = _file.DrainPins();

    /// <summary>
    /// The pages of an extent with a copy inside that does not end. A writer marks its page dirty when it ends, so the
    /// page has to stay.
    /// </summary>
    internal ulong StuckIn(Extent extent) => _isDrained ? PageMask.None : Pins.Inside(_file.SectionId, extent.Index);

    /// <summary>Reopens the pages of all parts, or of those that the caller has not reopened itself.</summary>
    /// <param name="from">The first of <see cref="Parts"/> to reopen.</param>
    internal void Reopen(int from = 0)
    {
        foreach (var (extent, pages) in _parts[from..])
        {
            lock (extent) extent.ReopenLocked(pages, _file.Scheduler);
        }
    }
}
