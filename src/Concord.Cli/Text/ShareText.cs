using System.Globalization;

namespace Concord.Cli.Text;

/// <summary>The share of pages that are in the cache, for people.</summary>
internal static class ShareText
{
    /// <summary>What is shown for a figure that cannot be known.</summary>
    internal const string Unknown = "unknown";

    /// <summary>The text for an empty file, which has no share.</summary>
    internal const string Nothing = "-";

    /// <summary>
    /// <c>0%</c> only for none and <c>100%</c> only for all: a single resident or absent page is never rounded away.
    /// </summary>
    internal static string Format(long? part, long whole)
    {
        if (part is not { } known) return Unknown;
        if (whole == 0) return Nothing;
        if (known == 0) return "0%";
        if (known == whole) return "100%";
        double percent = 100.0 * known / whole;
        return percent switch
        {
            < 0.1 => "<0.1%",
            > 99.9 => ">99.9%",
            _ => string.Create(CultureInfo.InvariantCulture, $"{percent:F1}%"),
        };
    }
}
