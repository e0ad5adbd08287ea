using System.Globalization;

namespace Concord.Cli.Text;

/// <summary>
/// Sizes as people write them. <c>k</c>, <c>M</c>, <c>G</c>, <c>T</c>, <c>P</c> and the same with <c>iB</c> count in
/// 1024s; the same with <c>B</c> count in 1000s, as in the GNU tools. Case does not matter; a fraction is permitted if
/// the result is a whole number of bytes.
/// </summary>
internal static class SizeText
{
    internal const string Examples = "4096, 4k, 1.5G, 64MiB or 10MB";

    private const string Prefixes = "KMGTP";

    /// <summary>Reads a size in bytes, 0 or more.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out long bytes, out string? fault)
    {
        bytes = 0;
        ReadOnlySpan<char> trimmed = text.Trim();
        int digits = 0;
        while (digits < trimmed.Length && (char.IsAsciiDigit(trimmed[digits]) || trimmed[digits] == '.')) digits++;

        if (digits == 0
            || !decimal.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out decimal number)
            || !TryUnit(trimmed[digits..].Trim(), out decimal unit))
        {
            fault = $"'{text}' is not a size; write bytes or a unit, such as {Examples}";
            return false;
        }

        return TryMultiply(text, number, unit, out bytes, out fault);
    }

    private static bool TryMultiply(
        ReadOnlySpan<char> text, decimal number, decimal unit, out long bytes, out string? fault)
    {
        bytes = 0;
        fault = null;
        if (number > long.MaxValue / unit)
        {
            fault = $"'{text}' is too large; the largest size is {long.MaxValue} bytes";
            return false;
        }

        decimal product = number * unit;
        if (product != decimal.Truncate(product))
        {
            fault = $"'{text}' is not a whole number of bytes; write one that is, such as {Examples}";
            return false;
        }

        bytes = (long)product;
        return true;
    }

    private static bool TryUnit(ReadOnlySpan<char> suffix, out decimal unit)
    {
        unit = 1;
        if (suffix.IsEmpty || suffix.Equals("B", StringComparison.OrdinalIgnoreCase)) return true;

        int power = Prefixes.IndexOf(char.ToUpperInvariant(suffix[0])) + 1;
        ReadOnlySpan<char> rest = suffix[1..];
        bool binary = rest.IsEmpty || rest.Equals("iB", StringComparison.OrdinalIgnoreCase);
        bool isDecimal = rest.Equals("B", StringComparison.OrdinalIgnoreCase);
        for (int i = 0; i < power; i++) unit *= binary ? 1024 : 1000;
        return power > 0 && (binary || isDecimal);
    }

    /// <summary>A size for people: <c>512 B</c>, <c>4.0 KiB</c>, <c>64.0 MiB</c>.</summary>
    internal static string Format(long bytes)
    {
        if (bytes < 1024) return $"{bytes} B";
        double value = bytes;
        int power = -1;
        // 1023.95 and more would round to "1024.0" of this unit, so it is shown as 1.0 of the next.
        while (value >= 1023.95 && power < Prefixes.Length - 1)
        {
            value /= 1024;
            power++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:F1} {Prefixes[power]}iB");
    }
}
