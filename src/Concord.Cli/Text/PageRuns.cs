using System.Text;

namespace Concord.Cli.Text;

/// <summary>A run of pages, numbered within the file; both ends belong to it.</summary>
internal readonly record struct PageRun(long First, long Last);

/// <summary>The runs of resident pages of a map, in ascending order.</summary>
internal static class PageRuns
{
    /// <summary>
    /// The most runs shown as text: more would not be readable. <c>--json</c> gives them all.
    /// </summary>
    internal const int ShownMax = 64;

    /// <summary>The runs, found during the enumeration.</summary>
    internal static IEnumerable<PageRun> Of(PageMap map)
    {
        for (long from = map.FirstPage; map.TryNextRun(from, out long start, out long end); from = end)
        {
            yield return new PageRun(start, end - 1);
        }
    }

    /// <summary>The runs as text: <c>0-15, 32, 40-63</c>.</summary>
    internal static string Format(PageMap map)
    {
        var text = new StringBuilder();
        int runs = 0;
        foreach (PageRun run in Of(map))
        {
            if (++runs > ShownMax) continue;
            if (text.Length > 0) text.Append(", ");
            text.Append(run.First);
            if (run.Last > run.First) text.Append('-').Append(run.Last);
        }

        if (runs == 0) return "none";
        if (runs > ShownMax) text.Append(", and ").Append(CountText.Of(runs - ShownMax, "run")).Append(" more");
        return text.ToString();
    }
}
