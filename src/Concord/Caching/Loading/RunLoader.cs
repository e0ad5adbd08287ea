using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads for read-ahead: runs of absent pages that nobody waits for yet, over as many extents as they cross, each in
/// one call of the store. It skips pages that are there or that somebody else is on, and loads nothing into a staged
/// section.
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

            // Before anything is claimed: two calls that waited for room with claims in hand could wait for each other.
            int room;
            while (!file.TryReserve(room = RoomFor(rest)))
            {
                // Files above may have all of it, and wait for the file that this call has.
                if (file.Level.Depth == 0)
                {
                    await evictor.MakeRoomAsync(file, room, mode, CancellationToken.None).ConfigureAwait(false);
                }
                else if (evictor.Sweep(room) == 0)
                {
                    return;
                }
            }

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
    /// Claims the first run that is absent, as far as its memory lies in one piece, and gives back the room that it
    /// does not need.
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

                    // Where views show pages as soon as they exist, they are not filled in place: the loader has a way
                    // for that.
                    if (extent.IsRetired || file.IsStaged) break;
                    ulong free = PageGeometry.PagesOf(index, range) & extent.AbsentLocked;
                    ulong run = PageMask.FirstRun(free);
                    bool follows = claims.Count == 0 || ((run & 1) != 0 && Follows(claims[^1], extent));
                    if (!follows) break;
                    if (run == PageMask.None) continue;

                    // Memory may have gone since the room for what had none was taken.
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
            // Load the pages that have memory; whoever needs the rest gets the error. A claim must end, or callers wait
            // for ever.
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

    /// <summary>Whether an extent's first byte comes right behind a claim's last, in the file and in memory.</summary>
    private static bool Follows((Extent Extent, PageLoad Load) last, Extent next) =>
        (last.Load.Pages >> (PageGeometry.PagesPerExtent - 1)) != 0 && last.Extent.Index + 1 == next.Index
        && last.Extent.Address + PageGeometry.ExtentBytes == next.Address;

    private async ValueTask FillAsync(List<(Extent Extent, PageLoad Load)> claims, CallMode mode)
    {
        Exception? failure = null;
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
