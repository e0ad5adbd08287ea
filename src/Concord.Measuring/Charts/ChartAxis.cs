using System.Globalization;

namespace Concord.Measuring.Charts;

/// <summary>Where values lie on a panel's horizontal axis, which begins at zero.</summary>
internal sealed class ChartAxis
{
    private readonly double _left;
    private readonly double _width;

    private ChartAxis(double left, double width, double max, double step, bool isShare)
    {
        (_left, _width, Max, IsShare) = (left, width, max, isShare);
        Ticks = [.. Enumerable.Range(0, (int)Math.Round(max / step) + 1).Select(tick => tick * step)];
    }

    /// <summary>The value at the right end.</summary>
    public double Max { get; }

    public bool IsShare { get; }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>An axis whose end is the first round value beyond everything the panel shows.</summary>
    public static ChartAxis For(ChartPanel panel, double left, double width)
    {
        if (panel.IsShare) return new ChartAxis(left, width, max: 1, step: 0.25, isShare: true);

        double largest = panel.Bars.Max(bar => Math.Max(bar.Value, Math.Max(bar.High ?? 0, bar.Target ?? 0)));
        double step = StepFor(Math.Max(largest, 1));
        return new ChartAxis(left, width, Math.Ceiling(Math.Max(largest, 1) / step) * step, step, isShare: false);
    }

    public double At(double value) => _left + _width * Math.Clamp(value / Max, 0, 1);

    public string Format(double value) =>
        IsShare
            ? value.ToString("0%", CultureInfo.InvariantCulture)
            : value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>
    /// A step of 1, 2 or 5 times a power of ten that gives four to ten ticks, up to 10 always one at 1.
    /// </summary>
    private static double StepFor(double largest)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(largest)));
        double rough = largest / power;
        return rough switch { < 2 => 0.25, < 5 => 0.5, _ => 1 } * power;
    }
}
