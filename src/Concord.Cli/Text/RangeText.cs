namespace Concord.Cli.Text;

/// <summary>A range of a file as it is written on the command line: <c>OFFSET:LENGTH</c>, both sizes.</summary>
internal static class RangeText
{
    internal const string Form = "OFFSET:LENGTH, such as 0:4k or 1G:64M";

    /// <summary>
    /// Parses a range. On failure <paramref name="fault"/> is one line that says what would be right.
    /// </summary>
    internal static bool TryParse(string text, out ByteRange range, out string? fault)
    {
        range = default;
        int colon = text.IndexOf(':');
        if (colon < 0 || text.IndexOf(':', colon + 1) >= 0)
        {
            fault = $"'{text}' is not a range; write {Form}";
            return false;
        }

        if (!SizeText.TryParse(text.AsSpan(0, colon), out long offset, out fault)
            || !SizeText.TryParse(text.AsSpan(colon + 1), out long length, out fault))
        {
            fault = $"{fault}; a range is {Form}";
            return false;
        }

        if (length > long.MaxValue - offset)
        {
            fault = $"'{text}' ends beyond the largest file; offset and length together must not exceed "
                + $"{long.MaxValue}";
            return false;
        }

        range = new ByteRange(offset, length);
        return true;
    }
}
