using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The gates before the hold, in one place and one order: a lease that overwrites the page, the limit of sections, the
/// file's shared hold. A call that waits at one of the first two holds nothing: what it waits for may need the file.
/// </summary>
internal sealed class EntryGates(FileState file, SectionLimit sections)
{
    /// <summary>
    /// Passes all gates for a call that misses a page; ended by <see cref="FileState.ReleaseShared"/>.
    /// </summary>
    /// <param name="offset">A byte of the page that is missed.</param>
    /// <param name="hasExclusiveHold">
    /// Whether the caller has the exclusive hold, and so waits at the first only.
    /// </param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is taken then.</param>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal ValueTask EnterForMissAsync(
        long offset, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        if (hasExclusiveHold) file.Level.NoteUse();
        else file.Level.NoteCall(file.Store.Label);
        long index = PageGeometry.ExtentOf(offset);
        ulong page = PageGeometry.PagesOf(index, new ByteRange(offset, 1));
        if (file.Extents.Find(index) is { } extent && IsOverwriting(extent, page))
        {
            return EnterBehindLeaseAsync(extent, page, offset, hasExclusiveHold, mode, cancellationToken);
        }

        return hasExclusiveHold ? ValueTask.CompletedTask : EnterAsync(offset, mode, cancellationToken);
    }

    /// <summary>
    /// Passes the limit of sections and takes the shared hold, with memory ready for an offset; ended by
    /// <see cref="FileState.ReleaseShared"/>.
    /// </summary>
    /// <exception cref="IOException">
    /// The system has no descriptor, no mapping or no address space left, and no idle file can give any up.
    /// </exception>
    internal ValueTask EnterAsync(long offset, CallMode mode, CancellationToken cancellationToken) =>
        file.HasMemoryFor(offset)
            ? file.AcquireSharedAsync(mode, cancellationToken)
            : EnterThroughLimitAsync(offset, mode, cancellationToken);

    /// <summary>Passes the limit of sections only, for a caller that takes the hold later.</summary>
    internal ValueTask PassLimitAsync(long offset, CallMode mode, CancellationToken cancellationToken) =>
        file.HasMemoryFor(offset) ? ValueTask.CompletedTask : PassAsync(offset, mode, cancellationToken);

    private async ValueTask PassAsync(long offset, CallMode mode, CancellationToken cancellationToken)
    {
        await EnterThroughLimitAsync(offset, mode, cancellationToken).ConfigureAwait(false);
        file.ReleaseShared();
    }

    private static bool IsOverwriting(Extent extent, ulong page)
    {
        lock (extent) return (extent.Overwriting & page) != PageMask.None;
    }

    private async ValueTask EnterBehindLeaseAsync(
        Extent extent, ulong page, long offset, bool hasExclusiveHold, CallMode mode,
        CancellationToken cancellationToken)
    {
        await extent.WhenIdleAsync(
            page, static (busy, page) => busy.Overwriting & page, file.StoreWait, mode, cancellationToken)
            .ConfigureAwait(false);
        if (!hasExclusiveHold) await EnterAsync(offset, mode, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes the hold and memory. Where the system has none left for the file, releases the hold and has idle files
    /// give theirs up.
    /// </summary>
    private async ValueTask EnterThroughLimitAsync(long offset, CallMode mode, CancellationToken cancellationToken)
    {
        // Note the call first: the files above must know that it waits here.
        file.Level.NoteCall(file.Store.Label);
        for (bool isLastResort = false; ;)
        {
            // Make a place for the section, then take the hold and the memory.
            await sections.MakePlaceAsync(file, mode, cancellationToken).ConfigureAwait(false);
            await file.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
            OutOfMemoryException? missing = null;
            bool isEntered = false;
            try
            {
                missing = file.TryMakeMemoryFor(offset, isLastResort);
                isEntered = missing is null;
            }
            finally
            {
                // A call that does not enter holds nothing, whatever the system refused and in whatever way.
                if (!isEntered) file.ReleaseShared();
            }

            if (isEntered) return;
            if (isLastResort)
            {
                throw new IOException($"there is no memory for {file.Store.Label}: {missing!.Message}", missing);
            }

            // No memory: release the hold, have idle files give some up, and try again; once more when none can.
            isLastResort = !await sections.GiveUpSomeAsync(file, mode, cancellationToken).ConfigureAwait(false);
        }
    }
}
