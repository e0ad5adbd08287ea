using System.Globalization;
using System.Security;
using System.Text;
using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>Draws where in the shown files the resident pages lie, beside what another sink does.</summary>
internal sealed class StatusPicture(StatusSink sink, StatusLayout layout, OutputFile file) : StatusSink
{
    private const int Width = 960, Margin = 16, RowHeight = 44, BarHeight = 18, CellsMax = 464, LettersMax = 96;

    private readonly ShownFiles _files = new(layout.Order);

    internal override void Add(FileStatus file)
    {
        _files.Offer(file);
        sink.Add(file);
    }

    internal override void Finish(Run run, StatusReport report, int exitCode) => sink.Finish(run, report, exitCode);

    /// <summary>Writes the picture of all files that were added; one that cannot be written is a failure.</summary>
    internal void Draw(Failures failures)
    {
        try
        {
            file.Write(Draw(_files.Select()));
        }
        catch (IOException exception)
        {
            failures.Add(exception);
        }
    }

    private static string Draw(IReadOnlyList<FileStatus> files)
    {
        int height = (2 * Margin) + (files.Count * RowHeight);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{height}"
              font-family="sans-serif" font-size="13">
            <title>Pages in the system's cache</title>
            <rect width="100%" height="100%" fill="#ffffff"/>

            """);
        for (int i = 0; i < files.Count; i++) DrawFile(svg, files[i], Margin + (i * RowHeight));
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawFile(StringBuilder svg, FileStatus file, int top)
    {
        string share = ShareText.Format(file.ResidentPages, file.Pages);
        string name = Escape(PathText.Shorten(file.ShownPath, LettersMax));
        string figures = $"{SizeText.Format(file.AskedBytes)}, {share}";
        int text = top + 13, bar = top + 18;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <text x="{Margin}" y="{text}" fill="#202020">{name}</text>
            <text x="{Width - Margin}" y="{text}" fill="#606060" text-anchor="end">{figures}</text>
            <rect x="{Margin}" y="{bar}" width="{Width - (2 * Margin)}" height="{BarHeight}" fill="#e4e4e4"/>

            """);
        if (file.AskForMap() is { Pages: > 0 } map) DrawMap(svg, map, bar);
    }

    /// <summary>A box for each run of cells of one shade: as dark as their share of resident pages.</summary>
    private static void DrawMap(StringBuilder svg, PageMap map, int top)
    {
        int cells = (int)Math.Min(CellsMax, map.Pages);
        double width = (double)(Width - (2 * Margin)) / cells;
        for (int first = 0, cell = 0; first < cells; first = cell)
        {
            int shade = Shade(map, first, cells);
            for (cell = first + 1; cell < cells && Shade(map, cell, cells) == shade;) cell++;
            if (shade == 0) continue;
            double left = Margin + (first * width), wide = (cell - first) * width;
            svg.Append(CultureInfo.InvariantCulture, $"""
                <rect x="{left:F2}" y="{top}" width="{wide:F2}" height="{BarHeight}"
                  fill="#1f7a4d" fill-opacity="{shade / 10.0:F1}"/>

                """);
        }
    }

    /// <summary>A share in tenths: 0 only for no page, 10 only for all.</summary>
    private static int Shade(PageMap map, int cell, int cells)
    {
        long start = map.FirstPage + (long)((Int128)map.Pages * cell / cells);
        long end = map.FirstPage + (long)((Int128)map.Pages * (cell + 1) / cells);
        long resident = map.Count(start, end);
        if (resident == 0 || resident == end - start) return resident == 0 ? 0 : 10;
        return Math.Clamp((int)(resident * 10 / (end - start)), 1, 9);
    }

    private static string Escape(string text) => SecurityElement.Escape(text);
}
