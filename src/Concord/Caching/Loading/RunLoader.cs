using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads runs of absent pages, over as many extents as they cross, each in one call of the store. It skips pages that
/// are resident or that another call has claimed, and waits for no other call while it has a claim.
/// </summary>
/// <remarks>
/// A run over several extents that fails tells nothing of any one of them: calls that wait for its pages load them
/// again, extent by extent, and get the error of their own part.
/// </remarks>
internal sealed class RunLoader(FileState file, Evictor evictor)
{
    /// <summary>
    /// Loads in place what is absent in a range, and waits for room where that is safe. Loads nothing into a staged
    /// section.
    /// </summary>
    /// <exception cref="IOException">
    /// The store could not be read, or there is no room; the pages of that run stay absent.
    /// </exception>
    internal async ValueTask LoadAsync(ByteRange range, CallMode mode)
    {
        if (file.IsStaged) return;
        while (!await TryLoadAsync(range, stages: false, mode, CancellationToken.None).ConfigureAwait(false))
        {
            // Do not wait for room below other files: they may have all of it, and wait for this file.
            if (file.HasReserve) return;
            await evictor.MakeRoomAsync(file, RoomFor(range), mode, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Loads what is absent in a range as long as there is room, or clean pages can leave for it.</summary>
    /// <param name="range">The bytes, within the file.</param>
    /// <param name="stages">Whether pages are also loaded into a staged section.</param>
    /// <param name="mode">How to call the store.</param>
    /// <param name="cancellationToken">Stops the read of a run; its pages stay absent.</param>
    /// <returns>False if there was no room for the rest; true also if it met pages that it cannot claim now.</returns>
    /// <exception cref="IOException">The store could not be read; the pages of that run stay absent.</exception>
    internal async ValueTask<bool> TryLoadAsync(
        ByteRange range, bool stages, CallMode mode, CancellationToken cancellationToken)
    {
        for (long from = range.Offset; from < range.End;)
        {
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            var rest = ByteRange.FromBounds(from, range.End);

            // Take room first: two calls that have claims and wait for room could wait for each other.
            int room;
            while (!file.TryReserve(room = RoomFor(rest)))
            {
                if (evictor.SweepFor(room) == 0) return false;
            }

            // Claim a run, load it, and go on behind it.
            if (Claim(rest, room, stages) is not { Count: > 0 } claims) return true;
            from = BytesOf(claims[^1]).End;
            await FillAsync(claims, mode, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>How many pages of a range have no memory now.</summary>
    private int RoomFor(ByteRange range)
    {
        int room = 0;
        for (long index = PageGeometry.ExtentOf(range.Offset); index <= PageGeometry.ExtentOf(range.End - 1); index++)
        {
            ulong pages = PageGeometry.PagesOf(index, range);
            if (file.Extents.Find(index) is { } extent)
            {
                lock (extent) pages &= ~extent.Backed;
            }

            room += PageMask.Count(pages);
        }

        return room;
    }

    /// <summary>
    /// Claims the first absent run whose memory is contiguous, and gives back the room that it does not need.
    /// </summary>
    private List<(Extent Extent, PageLoad Load)> Claim(ByteRange range, int room, bool stages)
    {
        var claims = new List<(Extent Extent, PageLoad Load)>();
        try
        {
            for (long index = PageGeometry.ExtentOf(
                range.Offset); index <= PageGeometry.ExtentOf(range.End - 1); index++)
            {
                var extent = file.EnsureExtent(index);
                lock (extent)
                {
                    // In a staged section views would see pages that are filled in place. A file that closes its
                    // store is loaded no more.
                    bool isStaged = file.IsStaged;
                    if (extent.IsRetired || file.CloseGate.Opened is not null || (isStaged && !stages)) break;
                    if (claims.Count > 0 && claims[0].Load.IsStaged != isStaged) break;

                    // The run goes on in this extent if its first page follows the last claim, in file and memory.
                    ulong free = PageGeometry.PagesOf(index, range) & extent.AbsentLocked;
                    ulong run = PageMask.FirstRun(free);
                    bool follows = claims.Count == 0 || ((run & 1) != 0 && Follows(claims[^1], extent));
                    if (!follows) break;
                    if (run == PageMask.None) continue;

                    // Pages may have lost their memory since the room was counted: stop where it does not suffice.
                    int taken = PageMask.Count(run & ~extent.Backed);
                    if (taken > room) break;
                    extent.OpenMemoryLocked();
                    file.Section.Back(PageGeometry.BytesOf(index, run));
                    room -= taken;
                    evictor.Enlist(file, extent);
                    claims.Add((extent, extent.BeginLoadLocked(run, isStaged)));
                }
            }
        }
        catch (Exception error) when (error is OutOfMemoryException or IOException && claims.Count > 0)
        {
            // Load what is claimed already, so that the claims end; a call that needs the rest gets the error.
            return claims;
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"there is no memory for {file.Store.Label}: {ShownText.Of(error)}", error);
        }
        finally
        {
            file.ReleaseBacked(room);
        }

        return claims;
    }

    /// <summary>Whether an extent begins where a claim ends, in the file and in memory.</summary>
    private static bool Follows((Extent Extent, PageLoad Load) last, Extent next) =>
        (last.Load.Pages >> (PageGeometry.PagesPerExtent - 1)) != 0 && last.Extent.Index + 1 == next.Index
        && last.Extent.Address + PageGeometry.ExtentBytes == next.Address;

    private async ValueTask FillAsync(
        List<(Extent Extent, PageLoad Load)> claims, CallMode mode, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        StagingArea? staging = null;

        // Read the whole run with one request, into the pages themselves or, where views would see them, beside them.
        try
        {
            var range = ByteRange.FromBounds(BytesOf(claims[0]).Offset, BytesOf(claims[^1]).End);
            if (claims[0].Load.IsStaged) staging = new StagingArea(claims.Count);
            else file.Section.BackClaimed(range);
            long inside = range.Offset - PageGeometry.StartOf(claims[0].Extent.Index);
            nint address = staging?.AddressOf(inside) ?? claims[0].Extent.Address + (nint)inside;
            using var memory = new NativeMemory(address, (int)range.Length);
            await PageFill.FromStoreAsync(
                file, range.Offset, memory.Memory, mode, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            failure = error;
        }

        await file.Scheduler.YieldPointAsync().ConfigureAwait(false);

        // End every claim, also after a failure: calls may wait for them. One that failed as a part of several counts
        // as cancelled, so that who waits begins again.
        using (staging)
        {
            var told = failure is null || claims.Count == 1 ? failure : new OperationCanceledException();
            for (int i = 0; i < claims.Count; i++)
            {
                var ended = End(claims[i].Extent, claims[i].Load, staging?.BlockAt(i), told);
                if (told is null) failure ??= ended;
            }
        }

        if (failure is OperationCanceledException && cancellationToken.IsCancellationRequested) throw failure;
        if (failure is not null)
            throw new IOException($"cannot read {file.Store.Label}: {ShownText.Of(failure)}", failure)
            {
                HResult = failure.HResult,
            };
    }

    /// <summary>Ends the claim of one extent.</summary>
    /// <returns>Why its pages are not there, or null.</returns>
    private Exception? End(Extent extent, PageLoad load, StagingBlock? staging, Exception? failure)
    {
        if (staging is not null) return file.Sharers.Publish(extent, load, staging, failure);
        lock (extent)
        {
            if (!load.IsStaged) extent.EndLoadLocked(load, failure, file.Scheduler, isAhead: true);
            else
                file.ReleaseBacked(
                    extent.EndStagedLoadLocked(load, PageMask.None, failure, file.Scheduler));
        }

        return failure;
    }

    private static ByteRange BytesOf((Extent Extent, PageLoad Load) claim) =>
        PageGeometry.BytesOf(claim.Extent.Index, claim.Load.Pages);
}
