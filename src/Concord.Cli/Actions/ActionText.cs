using Concord.Cli.Files;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Actions;

/// <summary>What was done and what stayed, as text: one line, and a table when something stayed.</summary>
internal static class ActionText
{
    internal static void Write(Run run, FileAction action, ActionTotals totals)
    {
        TextWriter writer = run.Output.Text;
        string files = CountText.Of(totals.Files, "file");
        string time = CountText.Seconds(totals.Seconds);
        string size = SizeText.Format(totals.Size);
        if (totals.BytesAsked is { } asked) size = $"{SizeText.Format(asked)} of {size}";
        writer.WriteLine(totals.Files == 0
            ? $"no file was {action.Past}"
            : $"{action.Past} {files}, {size}, in {time}: {What(action, totals)}");
        if (run.Failures.Count > 0)
            writer.WriteLine($"{CountText.Of(run.Failures.Count, "error")}: what they name was not {action.Past}");
        if (totals.Files == 0 && totals.LeftOut > 0)
            writer.WriteLine($"{CountText.Of(totals.LeftOut, "name")} left out by {FileFilter.Options}");
        if (totals.LeftRows > 0) WriteLeft(writer, totals);
        if (totals.Unknown is { } why) writer.WriteLine(PathText.Show(why));
        string vanished = CountText.Of(totals.VanishedFiles, "file");
        if (totals.VanishedFiles > 0) writer.WriteLine($"{vanished} vanished meanwhile");
        if (totals.Interrupted is { } path)
            writer.WriteLine($"stopped in {PathText.Name(path)}: a part of it may be {action.Past}");
        else if (run.Interruption.IsRequested) writer.WriteLine("stopped: that is what was done up to here");
    }

    private static string What(FileAction action, ActionTotals totals)
    {
        if (action is LoadAction)
            return $"{SizeText.Format(totals.BytesLoaded)} brought in{Rate(totals)}, {There(totals)}";

        string written = totals.BytesWritten is { } bytes ? SizeText.Format(bytes) : ShareText.Unknown;
        if (action.Name == "flush") return $"{written} written back, {Stayed(totals, "all in the store and kept")}";

        string purged = totals.PagesPurged is { } pages ? CountText.Of(pages, "page") : "an unknown number of pages";
        return $"{written} written back, {purged} dropped, {Stayed(totals, "none left")}";
    }

    private static string Rate(ActionTotals totals) => totals is { BytesLoaded: > 0, Seconds: > 0 }
        ? $" at {SizeText.Format((long)(totals.BytesLoaded / totals.Seconds))}/s"
        : "";

    /// <summary>The pages that a query found afterwards.</summary>
    private static string There(ActionTotals totals) => totals.ResidentPages switch
    {
        null => "whether all of it is there cannot be known",
        { } pages when pages >= totals.Pages => "all of it there now",
        { } pages => $"{CountText.Format(pages)} of {CountText.Of(totals.Pages, "page")} there now",
    };

    private static string Stayed(ActionTotals totals, string nothing)
    {
        if (totals.PagesLeft > 0) return $"{CountText.Format(totals.PagesLeft)} left or unknown:";
        return totals.IsComplete ? nothing : "whether all of it cannot be known";
    }

    private static void WriteLeft(TextWriter writer, ActionTotals totals)
    {
        var table = new PlainTable("PATH", ">PAGES", ">COUNT", "WHY", "HELD BY");
        foreach ((string path, LeftPages left) in totals.LeftShown)
        {
            table.Add(
                path,
                left.Range,
                CountText.Format(left.Pages),
                left.Why,
                PathText.Show(left.Holder ?? ShareText.Unknown));
        }

        table.Write(writer);
        if (Hints.MissingRight(totals.LeftShown.Select(shown => shown.Pages)) is { } hint) writer.WriteLine(hint);
        long more = totals.LeftRows - totals.LeftShown.Count;
        if (more > 0) writer.WriteLine($"and {CountText.Of(more, "range")} more (--json names them all)");
    }
}
