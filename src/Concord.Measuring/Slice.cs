namespace Concord.Measuring;

/// <summary>What one rival did in one round.</summary>
/// <param name="Nanoseconds">The time an operation took.</param>
/// <param name="Left">What stayed in the cache, for rivals that are to empty it.</param>
/// <param name="IsDisturbed">
/// Whether the rival itself saw a disturbance, of a kind that no meter counts: a processor that was taken away from a
/// thread which only looked at the clock.
/// </param>
internal readonly record struct Slice(double Nanoseconds, PagesLeft? Left = null, bool IsDisturbed = false);

/// <summary>What stayed in the cache after a rival said it had emptied it.</summary>
/// <param name="Found">Pages that the kernel still had.</param>
/// <param name="Claimed">Pages that the rival said it had left, or null when it said it could not know.</param>
/// <param name="Total">Pages there were before.</param>
internal readonly record struct PagesLeft(long Found, long? Claimed, long Total)
{
    /// <summary>Whether the rival's answer was the truth.</summary>
    public bool IsTrue => Found == Claimed;
}
