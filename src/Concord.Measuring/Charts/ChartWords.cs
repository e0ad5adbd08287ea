namespace Concord.Measuring.Charts;

/// <summary>The words of a chart outside its panels.</summary>
/// <param name="Title">The title of the picture, for screen readers.</param>
/// <param name="Reached">What the colour of <see cref="Verdict.Reached"/> means.</param>
/// <param name="Missed">What the colour of <see cref="Verdict.Missed"/> means.</param>
/// <param name="Other">What the remaining colour means.</param>
/// <param name="Target">What the mark across a bar means.</param>
internal sealed record ChartWords(string Title, string Reached, string Missed, string Other, string Target)
{
    /// <summary>The words for measurements that are compared with goals.</summary>
    internal static readonly ChartWords Goals = new("Measured against the goals", "goal reached", "goal missed",
        "inconclusive, or a peer", "goal");
}
