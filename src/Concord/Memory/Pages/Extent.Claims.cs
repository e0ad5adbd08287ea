using Concord.Scheduling;

namespace Concord.Memory;

// What a holder does to pages that nobody else may see meanwhile.
internal sealed partial class Extent
{
    /// <summary>Barred pages whose part of the store is being written: no write-back of theirs begins, by whomever.</summary>
    internal ulong Sealed { get; private set; }

    /// <summary>Absent pages that an overwrite lease fills: loading, for as long as it lasts.</summary>
    internal ulong Prepared { get; private set; }

    /// <summary>Pages that some lease holds in place.</summary>
    internal ulong Held => Leased | Prepared;

    /// <summary>The bar's holder is about to write the store.</summary>
    internal void SealLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~Barred) == 0, "only a barred page is sealed");
        Sealed |= pages;
        ChangedLocked(scheduler);
    }

    /// <summary>Gives absent pages, claimed by <paramref name="claim"/>, to a lease that overwrites them. They count as leased.</summary>
    internal void PrepareLocked(PageLoad claim, CacheScheduler scheduler)
    {
        Require((claim.Pages & ~Loading) == 0, "only claimed pages are prepared");
        Prepared |= claim.Pages;
        _gauge.AddLeased(PageMask.Count(claim.Pages));
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Ends an overwrite: the pages become resident and dirty, or absent again as they were. A purge that came between
    /// does not matter: these bytes are newer than what it dropped.
    /// </summary>
    internal void EndPrepareLocked(PageLoad claim, bool publishes, CacheScheduler scheduler)
    {
        Require((claim.Pages & ~Prepared) == 0 && _loads.Remove(claim), "an overwrite ends once");
        Prepared &= ~claim.Pages;
        Loading &= ~claim.Pages;
        _gauge.AddLeased(-PageMask.Count(claim.Pages));
        if (publishes)
        {
            Resident |= claim.Pages;
            MarkDirty(claim.Pages);
            WasUsed = true;
        }
        else
        {
            ForgetLogLocked(claim.Pages);
        }

        claim.Ended.Set(scheduler);
        ChangedLocked(scheduler);
    }
}
