namespace Concord.HitRatios.Policies;

/// <summary>
/// Decides which pages a cache of a fixed capacity keeps. Pages are numbers from 0 to below the footprint.
/// </summary>
internal abstract class ReplacementPolicy
{
    /// <summary>A page is asked for, and is in the cache afterwards.</summary>
    /// <returns>Whether it was there.</returns>
    internal abstract bool Request(int page);
}
