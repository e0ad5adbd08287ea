using Concord.Scheduling;

namespace Concord.Memory;

// Claims that end when a caller ends them: suspended ranges, and leases that overwrite.
internal sealed partial class Extent
{
    /// <summary>
    /// Suspended pages whose part of the store is being written: no call begins a write-back of them.
    /// </summary>
    internal ulong WriteBackSuspended { get; private set; }

    /// <summary>
    /// Absent pages that an overwrite lease fills; no other call may touch their memory while it lasts.
    /// </summary>
    internal ulong Overwriting { get; private set; }

    /// <summary>Pages that a lease holds in place.</summary>
    internal ulong HeldByLease => Leased | Overwriting;

    /// <summary>Suspends write-back: the suspension's holder is about to write the store.</summary>
    internal void SuspendWriteBackLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~Suspended) == 0, "write-back is suspended only for suspended pages");
        WriteBackSuspended |= pages;
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Gives absent pages, claimed by <paramref name="claim"/>, to a lease that overwrites them. They count as leased.
    /// </summary>
    internal void BeginOverwriteLeaseLocked(PageLoad claim, CacheScheduler scheduler)
    {
        Require((claim.Pages & ~Loading) == 0, "only a claimed page is overwritten by a lease");
        Loading &= ~claim.Pages;
        Overwriting |= claim.Pages;
        _counters.AddLeased(PageMask.Count(claim.Pages));
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Ends an overwrite lease: the pages become resident and dirty, or absent again. A purge that came between does
    /// not matter: these bytes are newer than what it dropped.
    /// </summary>
    internal void EndOverwriteLeaseLocked(PageLoad claim, bool publishes, CacheScheduler scheduler)
    {
        Require((claim.Pages & ~Overwriting) == 0 && _loads.Remove(claim), "an overwrite ends once");
        Overwriting &= ~claim.Pages;
        _counters.AddLeased(-PageMask.Count(claim.Pages));
        if (publishes)
        {
            Resident |= claim.Pages;
            MarkDirty(claim.Pages);
            NoteUse(claim.Pages);
        }
        else
        {
            ForgetLogLocked(claim.Pages);
        }

        claim.EndLocked(error: null, scheduler);
        ChangedLocked(scheduler);
    }
}
