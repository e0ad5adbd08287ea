using Concord.Cli.Bench;
using Concord.Cli.Text;

namespace Concord.Cli.Tour;

/// <summary>Shows the tour step by step; this one shows nothing.</summary>
internal class TourView
{
    internal static readonly TourView Silent = new();

    internal virtual void Begin(string directory, string fileSystem)
    {
    }

    internal virtual void Show(TourStep step)
    {
    }

    internal virtual void Show(IReadOnlyList<BenchComparison> comparisons)
    {
    }

    internal virtual void End(TourDocument document)
    {
    }

    /// <summary>The result of the whole tour.</summary>
    protected static string Sum(TourDocument document)
    {
        int skipped = document.Steps.Count(static step => step.Skipped is not null);
        int good = document.Steps.Count(static step => step.Holds) - skipped;
        string seconds = CountText.Seconds(document.Seconds);
        if (document.Holds && skipped > 0)
            return $"{CountText.Of(good, "step")} held, {skipped} skipped, in {seconds}.";
        return document.Holds
            ? $"All {CountText.Of(good, "step")} held, in {seconds}."
            : $"{good} of {CountText.Of(document.Steps.Count, "step")} held, in {seconds}: this is a fault; please "
            + "report it.";
    }

    /// <summary>The title of the ratios.</summary>
    protected static string RatioTitle =>
        "How many times as fast Concord is: a first look; 'concord bench' takes its time";
}
