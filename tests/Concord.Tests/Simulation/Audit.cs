using Concord.Memory;

namespace Concord.Tests.Simulation;

/// <summary>
/// Looks at a whole cache between two steps: counts recounted, implications of the masks, one place for each page,
/// and the rule of failed writes: no page is clean or gone whose bytes a loss of power would take.
/// </summary>
internal sealed class Audit(World world)
{
    // One byte in so many is looked at in a step, each time others; whenever somebody hears of an error, more.
    private const int Stride = 2039;

    private const int CloseStride = 61;

    private int _phase;

    internal void Step()
    {
        _phase = (_phase + 1) % Stride;
        Check(_phase, Stride);
    }

    /// <summary>A closer look, for moments that matter: somebody has just heard of an error.</summary>
    internal void LookClosely() => Check(world.Random.Next(CloseStride), CloseStride);

    internal void Everything() => Check(0, 1);

    private void Check(int from, int stride)
    {
        Recount();
        if (world.Store.BrokenPromise is { } broken)
            throw new SimulationException($"a promise to stores was broken: {broken}");
        byte[] durable = world.Store.Log.Durable;
        long floor = world.Store.Log.LengthFloor;

        // Before the origin nothing ever happens: of that, the page before it is looked at.
        int start = Math.Max(0, world.Origin - PageGeometry.PageBytes);
        for (int at = start + from; at < world.Oracle.BytesMax; at += stride)
            CheckByte(at, durable, at < floor && !world.WroteUncached(at));
        if (world.Store.Log.FailedBarriers > 0) CheckDoubtful(floor);
    }

    /// <summary>Backed, dirty and leased pages, counted anew over all extents of all files.</summary>
    private void Recount()
    {
        long backed = 0, dirty = 0, leased = 0, unsettled = 0, purged = 0;
        foreach (var map in world.Cache.Services.Files.All)
        {
            var addresses = new HashSet<nint>();
            long pending = 0, held = 0;
            foreach (var extent in map.Extents.All)
            {
                lock (extent)
                {
                    extent.CheckLocked();
                    CheckMasks(extent);
                    backed += PageMask.Count(extent.Backed);
                    dirty += PageMask.Count(extent.Dirty);
                    leased += PageMask.Count(extent.HeldByLease);
                    unsettled += PageMask.Count(extent.Writing | extent.Unstable);
                    purged += PageMask.Count(extent.PurgedLocked & ~extent.Refused);
                    held += PageMask.Count(extent.WriteLeased | extent.Overwriting) + PageMask.Count(extent.Suspended);
                    pending += PageMask.Count(extent.Dirty) + PageMask.Count(extent.Writing)
                        + PageMask.Count(extent.Unstable);
                }

                Rule(addresses.Add(extent.Address), "no page is in two places");
                Rule(map.Extents.Find(extent.Index) == extent, "an extent is found by its number");
            }

            Rule(
                map.Pending.Count == pending + held,
                $"{map.Pending.Count} count as pending, there are {pending + held}");
            Rule(map.Pending.Unkept == pending, $"{map.Pending.Unkept} count as not kept, there are {pending}");
        }

        var gauge = world.Cache.State.Counters;
        Rule(gauge.Backed == backed, $"the gauge counts {gauge.Backed} backed pages, there are {backed}");
        Rule(gauge.Dirty == dirty, $"the gauge counts {gauge.Dirty} dirty pages, there are {dirty}");
        Rule(
            gauge.Unsettled == unsettled, $"the gauge counts {gauge.Unsettled} unsettled pages, there are {unsettled}");
        Rule(gauge.Leased == leased, $"the gauge counts {gauge.Leased} leased pages, there are {leased}");
        Rule(gauge.Purged == purged, $"the gauge counts {gauge.Purged} purged pages, there are {purged}");
        Rule(world.Cache.Services.Evictor.IsOrderExact(), "the policy knows each page once, and no other");
        var state = world.Cache.State;
        int borrowed = state.LevelReserve.Borrowed;
        Rule(
            borrowed <= state.PiecePagesMax * (world.LevelsBelow + state.LevelReserve.Aside),
            $"{borrowed} pages are borrowed, a piece a level, or a file that stands aside, at most (I7)");
        Rule(
            backed <= state.CapacityPages + world.LeasedPagesMost + borrowed,
            "memory stays within the capacity and what was leased (I7)");
    }

    /// <summary>The implications that hold in release builds too.</summary>
    private static void CheckMasks(Extent extent)
    {
        ulong needResident = extent.Dirty | extent.Writing | extent.Unstable | extent.Leased;
        Rule((needResident & ~extent.Resident) == 0, "a dirty, written, unstable or leased page is resident");
        Rule((extent.Resident & ~extent.Backed) == 0, "a resident page has memory");
        Rule((extent.Claimed & extent.Resident) == 0, "a loading page is absent");
    }

    private void CheckByte(int at, byte[] durable, bool checksDurable)
    {
        if (world.FileOfFirst?.State is not { } map || at >= map.Sizes.Length || world.IsChangingLength) return;
        var extent = map.Extents.Find(PageGeometry.ExtentOf(at));
        ulong page = PageGeometry.PagesOf(PageGeometry.ExtentOf(at), new ByteRange(at, 1));
        byte kept = at < durable.Length ? durable[at] : (byte)0;
        if (extent is null || (extent.Resident & page) == 0)
        {
            // Absent: whoever reads it gets the store's byte.
            byte stored = at < world.Store.Content.Length ? world.Store.Content[at] : (byte)0;
            bool isClaimed = extent is not null && ((extent.Claimed | extent.Suspended) & page) != 0;
            if (!isClaimed)
                Rule(world.Oracle.MayShow(at, stored), $"byte {at} left memory, and the store has {stored}");
            if (checksDurable && !isClaimed)
                Rule(kept == stored, $"byte {at} left memory before a barrier covered it (I1)");
            return;
        }

        byte shown = extent.BytesAt(at & (PageGeometry.ExtentBytes - 1), 1)[0];
        if ((extent.Suspended & page) == 0)
            Rule(world.Oracle.MayShow(at, shown),
                $"byte {at} in memory is {shown}, which nobody wrote there or which is old");
        bool isSafe = (page & (extent.Dirty | extent.Writing | extent.Unstable | extent.WriteLeased)) == 0;
        if (isSafe && checksDurable)
            Rule(kept == shown, $"byte {at} is clean, and no good barrier covers a write of it (rule 1)");
    }

    /// <summary>What a failed barrier left in doubt, and the cache knows of, is dirty or on its way (rule 4).</summary>
    private void CheckDoubtful(long floor)
    {
        if (world.FileOfFirst?.State is not { } map || world.IsChangingLength) return;
        long failures = map.Ledger.Failures, length = map.Sizes.Length;
        foreach (var piece in world.Store.Log.Doubtful)
        {
            if (piece.Failure > failures || piece.Offset >= length || piece.Range.End > floor) continue;
            if (world.WroteUncached((int)piece.Offset)) continue;
            var extent = map.Extents.Find(PageGeometry.ExtentOf(piece.Offset));
            ulong page = PageGeometry.PagesOf(PageGeometry.ExtentOf(piece.Offset), piece.Range);

            // Written again since: unstable is right, for that write is not in doubt.
            bool isCovered = extent is not null && (page & ~(extent.Dirty | extent.Writing | extent.Unstable)) == 0;
            Rule(isCovered,
                $"page at {piece.Offset} is not dirty although the barrier after its write failed (rule 4)");
        }
    }

    private static void Rule(bool holds, string rule)
    {
        if (!holds) throw new SimulationException(rule);
    }
}
