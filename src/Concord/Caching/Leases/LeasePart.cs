using Concord.Memory;

namespace Concord.Caching;

/// <summary>Pages of one extent that a lease has.</summary>
/// <param name="Extent">The extent.</param>
/// <param name="Pages">The pages.</param>
/// <param name="Claim">The claim on them, where the lease overwrites pages that were absent; otherwise null.</param>
internal readonly record struct LeasePart(Extent Extent, ulong Pages, PageLoad? Claim = null)
{
    /// <summary>Where the last page ends.</summary>
    internal long End => PageGeometry.BytesOf(Extent.Index, Pages).End;
}
