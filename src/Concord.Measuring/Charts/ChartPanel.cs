
namespace Concord.Measuring.Charts;

/// <summary>Bars that share an axis.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Axis">What one unit of the axis is.</param>
/// <param name="IsShare">Whether values are shares of one, shown as percentages.</param>
/// <param name="Bars">From top to bottom.</param>
internal sealed record ChartPanel(string Title, string Axis, bool IsShare, IReadOnlyList<ChartBar> Bars);

/// <summary>One bar.</summary>
/// <param name="Label">Stands left of it.</param>
/// <param name="Value">Its length.</param>
/// <param name="Verdict">Its colour.</param>
/// <param name="Low">Where its whisker begins, or null without one.</param>
/// <param name="High">Where its whisker ends.</param>
/// <param name="Target">Where the mark of the goal is, or null without one.</param>
internal sealed record ChartBar(
    string Label, double Value, Verdict Verdict, double? Low = null, double? High = null, double? Target = null);
