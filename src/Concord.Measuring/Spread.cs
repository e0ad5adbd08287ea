namespace Concord.Measuring;

/// <summary>The middle and the ends of a set of measurements.</summary>
/// <param name="Median">Half lie below.</param>
/// <param name="P10">A tenth lie below.</param>
/// <param name="P90">A tenth lie above.</param>
internal readonly record struct Spread(double Median, double P10, double P90);
