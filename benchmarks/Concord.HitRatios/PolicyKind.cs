using Concord.HitRatios.Policies;

namespace Concord.HitRatios;

/// <summary>A policy by name.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Make">Makes one, of a capacity, for pages below a footprint.</param>
internal sealed record PolicyKind(string Name, Func<int, int, ReplacementPolicy> Make)
{
    /// <summary>What is known elsewhere.</summary>
    internal static readonly IReadOnlyList<PolicyKind> Rivals =
    [
        new("FIFO", static (capacity, footprint) => new FifoPolicy(capacity, footprint)),
        new("CLOCK", static (capacity, footprint) => new ClockPolicy(capacity, footprint)),
        new("LRU", static (capacity, footprint) => new LruPolicy(capacity, footprint)),
        new("LRU-2", static (capacity, footprint) => new LruTwoPolicy(capacity, footprint)),
        new("ARC", static (capacity, footprint) => new ArcPolicy(capacity, footprint)),
        new("LIRS", static (capacity, footprint) => new LirsPolicy(capacity, footprint)),
        new("S3-FIFO", static (capacity, footprint) => new SThreeFifoPolicy(capacity, footprint)),
        new("W-TinyLFU", static (capacity, footprint) => new TinyLfuPolicy(capacity, footprint)),
    ];

    /// <summary>What this cache does.</summary>
    internal static readonly PolicyKind Own =
        new("Concord", static (capacity, footprint) => new OwnPolicy(capacity, footprint));
}
