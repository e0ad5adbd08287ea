namespace Concord.Benchmarks.Reporting;

/// <summary>Puts the figures of a run into the repository's own documentation.</summary>
internal static class DocsReport
{
    public const string Begin = "<!-- figures: begin (written by the benchmarks with --docs) -->";
    public const string End = "<!-- figures: end -->";

    private const string Page = "performance.md", Chart = "performance.svg";

    /// <summary>
    /// The repository's docs directory, looked for from the current directory and from the program upwards.
    /// </summary>
    /// <exception cref="InvalidOperationException">The program does not run inside the repository.</exception>
    public static string FindDirectory()
    {
        foreach (string start in (string[])[Directory.GetCurrentDirectory(), AppContext.BaseDirectory])
        {
            for (DirectoryInfo? level = new(start); level is not null; level = level.Parent)
            {
                if (File.Exists(Path.Combine(level.FullName, "Concord.slnx")))
                    return Path.Combine(level.FullName, "docs");
            }
        }

        throw new InvalidOperationException(
            "--docs rewrites the repository's docs/performance.md; run it inside the repository");
    }

    /// <summary>Rewrites what stands between the page's marks, and the chart.</summary>
    public static void Write(RunReport report, string directory)
    {
        string page = Path.Combine(directory, Page);
        File.WriteAllText(page, Replace(File.ReadAllText(page), MarkdownReport.Render(report)));
        File.WriteAllText(Path.Combine(directory, Chart), SvgChart.Render(Charts.Of(report)));
    }

    /// <summary>The page with new figures between its marks, and everything else as it was.</summary>
    /// <exception cref="InvalidOperationException">The page lacks the marks.</exception>
    public static string Replace(string page, string figures)
    {
        int begin = page.IndexOf(Begin, StringComparison.Ordinal);
        int end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidOperationException($"{Page} must hold the lines '{Begin}' and '{End}', in this order");
        return $"{page[..begin]}{Begin}\n\n{figures}\n{page[end..]}";
    }
}
