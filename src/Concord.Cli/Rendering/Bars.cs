namespace Concord.Cli.Rendering;

/// <summary>Bars and maps for a terminal.</summary>
internal static class Bars
{
    private const string Shades = " ░▒▓█", AsciiShades = " .:+#";

    /// <summary>A bar of <paramref name="width"/> cells of which a part is filled.</summary>
    /// <remarks>
    /// A part above zero fills at least one cell, and a part below the whole leaves at least one empty.
    /// </remarks>
    internal static (string Filled, string Empty) Bar(double part, double whole, int width, bool utf8)
    {
        int filled = whole <= 0 || part <= 0
            ? 0
            : Math.Clamp((int)Math.Round(part / whole * width), 1, part < whole ? width - 1 : width);
        return (new string(utf8 ? '█' : '#', filled), new string(utf8 ? '░' : '.', width - filled));
    }

    /// <summary>Where in the file the resident pages lie: each cell as dark as its share.</summary>
    /// <remarks>A cell is empty only if no page of it is resident, and full only if all are.</remarks>
    internal static string Map(PageMap map, int width, bool utf8)
    {
        string shades = utf8 ? Shades : AsciiShades;
        int cells = (int)Math.Min(width, map.Pages);
        var text = new char[cells];
        for (int cell = 0; cell < cells; cell++)
        {
            long start = map.FirstPage + (long)((Int128)map.Pages * cell / cells);
            long end = map.FirstPage + (long)((Int128)map.Pages * (cell + 1) / cells);
            text[cell] = shades[Shade(map.Count(start, end), end - start, shades.Length - 1)];
        }

        return new string(text);
    }

    private static int Shade(long part, long whole, int darkest)
    {
        if (part == 0) return 0;
        if (part == whole) return darkest;
        return Math.Clamp((int)(part * darkest / whole), 1, darkest - 1);
    }
}
