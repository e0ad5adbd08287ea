using System.Globalization;

namespace Concord.Cli.Text;

/// <summary>Counts and durations for people.</summary>
internal static class CountText
{
    /// <summary>A count with thousands set apart: <c>16,384</c>.</summary>
    internal static string Format(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count for other programs: <c>16384</c>.</summary>
    internal static string Plain(long count) => count.ToString(CultureInfo.InvariantCulture);

    /// <summary>A count with its noun: <c>1 file</c>, <c>2 files</c>.</summary>
    internal static string Of(long count, string noun) => $"{Format(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>A duration in the unit that suits it.</summary>
    internal static string Seconds(double seconds)
    {
        (double value, string unit) = seconds switch
        {
            >= 1 => (seconds, "s"),
            >= 1e-3 => (seconds * 1e3, "ms"),
            >= 1e-6 => (seconds * 1e6, "us"),
            _ => (seconds * 1e9, "ns"),
        };
        string format = value >= 100 ? "F0" : value >= 10 ? "F1" : "F2";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}";
    }
}
