using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The gates before the hold, in one place and one order: a lease that overwrites the page, the limit of sections, the
/// file's shared hold. Whoever waits at one of the first two holds nothing, since their ends may need the file.
/// </summary>
internal sealed class EntryGates(FileState file, SectionLimit sections)
{
    /// <summary>
    /// Passes all gates for a call that misses a page; ended by <see cref="FileState.ReleaseShared"/>.
    /// </summary>
    /// <param name="offset">A byte of the page that is missed.</param>
    /// <param name="hasExclusiveHold">Whether the caller has the file alone, and so passes all but the first.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is taken then.</param>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal ValueTask EnterForMissAsync(
        long offset, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        long index = PageGeometry.ExtentOf(offset);
        ulong page = PageGeometry.PagesOf(index, new ByteRange(offset, 1));
        if (file.Extents.Find(index) is { } extent && IsOverwriting(extent, page))
        {
            return EnterBehindLeaseAsync(extent, page, hasExclusiveHold, mode, cancellationToken);
        }

        return hasExclusiveHold ? ValueTask.CompletedTask : EnterAsync(mode, cancellationToken);
    }

    /// <summary>
    /// Passes the limit of sections and takes the shared hold; ended by <see cref="FileState.ReleaseShared"/>.
    /// </summary>
    internal ValueTask EnterAsync(CallMode mode, CancellationToken cancellationToken) =>
        sections.HasPlaceFor(file)
            ? file.AcquireSharedAsync(mode, cancellationToken)
            : EnterThroughLimitAsync(mode, cancellationToken);

    /// <summary>Passes the limit of sections alone, for who takes the hold later or exclusively.</summary>
    internal ValueTask PassLimitAsync(CallMode mode, CancellationToken cancellationToken) =>
        sections.MakePlaceAsync(file, mode, cancellationToken);

    private static bool IsOverwriting(Extent extent, ulong page)
    {
        lock (extent) return (extent.Overwriting & page) != PageMask.None;
    }

    private async ValueTask EnterBehindLeaseAsync(
        Extent extent, ulong page, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        await extent.WhenIdleAsync(busy => busy.Overwriting & page, thenLocked: null, mode, cancellationToken,
            file.Scheduler).ConfigureAwait(false);
        if (!hasExclusiveHold) await EnterAsync(mode, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask EnterThroughLimitAsync(CallMode mode, CancellationToken cancellationToken)
    {
        await sections.MakePlaceAsync(file, mode, cancellationToken).ConfigureAwait(false);
        await file.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
    }
}
