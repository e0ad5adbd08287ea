using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads for read-ahead: runs of absent pages, over as many extents as they cross, each in one call of the store. It
/// skips pages that are resident or that another call has claimed, and loads nothing into a staged section.
/// </summary>
internal sealed class RunLoader(FileState file, Evictor evictor)
{
    /// <summary>Loads what is absent in a range.</summary>
    /// <exception cref="IOException">
    /// The store could not be read, or there is no room; the pages of that run stay absent.
    /// </exception>
    internal async ValueTask LoadAsync(ByteRange range, CallMode mode)
    {
        for (long from = range.Offset; from < range.End;)
        {
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            var rest = ByteRange.FromBounds(from, range.End);

            // Take room first: two calls that have claims and wait for room could wait for each other.
            int room;
            while (!file.TryReserve(room = RoomFor(rest)))
            {
                // Do not wait for room below other files: they may have all of it, and wait for this file.
                if (!file.HasReserve)
                {
                    await evictor.MakeRoomAsync(file, room, mode, CancellationToken.None).ConfigureAwait(false);
                }
                else if (evictor.Sweep(room) == 0)
                {
                    return;
                }
            }

            // Claim a run, load it, and go on behind it.
            if (Claim(rest, room) is not { Count: > 0 } claims) return;
            from = BytesOf(claims[^1]).End;
            await FillAsync(claims, mode).ConfigureAwait(false);
        }
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
    private List<(Extent Extent, PageLoad Load)> Claim(ByteRange range, int room)
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
                    // A staged section is left to the loader: views would see pages that are filled in place.
                    if (extent.IsRetired || file.IsStaged) break;

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
                    claims.Add((extent, extent.BeginLoadLocked(run, isStaged: false)));
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

    private async ValueTask FillAsync(List<(Extent Extent, PageLoad Load)> claims, CallMode mode)
    {
        Exception? failure = null;

        // Read the whole run with one call of the store, straight into the pages.
        try
        {
            var range = ByteRange.FromBounds(BytesOf(claims[0]).Offset, BytesOf(claims[^1]).End);
            file.Section.BackClaimed(range);
            nint address = claims[0].Extent.Address + (nint)(range.Offset - PageGeometry.StartOf(
                claims[0].Extent.Index));
            using var memory = new NativeMemory(address, (int)range.Length);
            await PageFill.FromStoreAsync(
                file, range.Offset, memory.Memory, mode, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            failure = error;
        }

        await file.Scheduler.YieldPointAsync().ConfigureAwait(false);

        // End every claim, also after a failure: calls may wait for them.
        foreach (var (extent, load) in claims)
        {
            lock (extent) extent.EndLoadLocked(load, failure, file.Scheduler);
        }

        if (failure is not null)
            throw new IOException($"cannot read {file.Store.Label}: {ShownText.Of(failure)}", failure)
            {
                HResult = failure.HResult,
            };
    }

    private static ByteRange BytesOf((Extent Extent, PageLoad Load) claim) =>
        PageGeometry.BytesOf(claim.Extent.Index, claim.Load.Pages);
}
