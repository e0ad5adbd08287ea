namespace Concord.Measuring;

/// <summary>What one rival did in one round.</summary>
/// <param name="Nanoseconds">The time an operation took.</param>
/// <param name="Left">The pages that stayed in the cache, for rivals that must empty it.</param>
/// <param name="IsDisturbed">
/// Whether the rival itself found a disturbance of a kind that no meter counts: a processor that was taken away from a
/// thread that only read the clock.
/// </param>
internal readonly record struct Slice(double Nanoseconds, PagesLeft? Left = null, bool IsDisturbed = false);

/// <summary>The pages that stayed in the cache after a rival has emptied it.</summary>
/// <param name="Found">Pages that the kernel still had.</param>
/// <param name="Claimed">Pages that the rival reported as left, or null if it reported that it cannot know.</param>
/// <param name="Total">Pages there were before.</param>
internal readonly record struct PagesLeft(long Found, long? Claimed, long Total)
{
    /// <summary>Whether the rival's report is true.</summary>
    public bool IsTrue => Found == Claimed;
}
