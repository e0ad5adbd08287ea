using Concord.Cli.Json;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Locking;

/// <summary>Lists what is kept in memory.</summary>
internal static class LockReport
{
    internal static void Write(Run run, LockSet set)
    {
        HeldTotals totals = set.Totals;
        if (run.IsJson) WriteDocument(run, set, totals);
        else if (!run.IsQuiet) WriteText(run.Output.Text, set, totals);
        run.Output.Flush();
    }

    private static void WriteDocument(Run run, LockSet set, HeldTotals totals)
    {
        var json = new JsonReport(run.Output, "lock");
        foreach (HeldFile file in set.Files) json.AddFile(file, JsonShapes.Default.HeldFile);
        json.Finish(run.Output, totals, JsonShapes.Default.HeldTotals, run, ExitCode.Done);
    }

    private static void WriteText(TextWriter writer, LockSet set, HeldTotals totals)
    {
        var table = new PlainTable("PATH", ">SIZE", ">LOCKED", ">PAGES");
        foreach (HeldFile file in set.Files)
        {
            table.Add(
                PathText.Name(file.OpenedAs), SizeText.Format(file.Size), SizeText.Format(file.BytesLocked),
                CountText.Format(file.Pages));
        }

        table.Write(writer);
        string limit = totals.LimitBytes is { } bytes ? $" of {SizeText.Format(bytes)} that may be" : "";
        writer.WriteLine(
            $"locked {CountText.Of(totals.Files, "file")}, {SizeText.Format(totals.BytesLocked)}{limit}, by process "
                + $"{totals.Process}; Ctrl-C or SIGTERM ends it and lets them go");
    }
}
