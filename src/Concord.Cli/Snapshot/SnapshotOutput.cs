using Concord.Cli.Files;
using Concord.Cli.Json;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Snapshot;

/// <summary>Writes a snapshot, as a list that <c>load --files-from</c> reads or as one JSON document.</summary>
internal sealed class SnapshotOutput
{
    private readonly Run _run;
    private readonly JsonReport? _json;

    internal SnapshotOutput(Run run)
    {
        _run = run;
        if (run.IsJson) _json = new JsonReport(run.Output, "snapshot");
        else run.Output.Text.WriteLine(SnapshotForm.Head);
    }

    internal void Add(SnapshotFile file)
    {
        if (_json is not null)
        {
            _json.AddFile(file with { Path = PathText.InDocument(file.Path) }, JsonShapes.Default.SnapshotFile);
            return;
        }

        TextWriter writer = _run.Output.Text;
        writer.WriteLine(SnapshotForm.Path(file.Path));
        foreach (AskedRange range in file.Ranges)
            writer.WriteLine(SnapshotForm.Range(new ByteRange(range.Offset, range.Length)));
    }

    /// <summary>Ends it; a list that was stopped has no end, and is known as one that was cut.</summary>
    internal void Finish(SnapshotTotals totals, int exitCode)
    {
        _json?.Finish(_run.Output, totals, JsonShapes.Default.SnapshotTotals, _run, exitCode);
        bool isWhole = _json is null && !_run.Interruption.IsRequested;
        if (isWhole) _run.Output.Text.WriteLine(SnapshotForm.End(totals.Files));
        if (totals.Unknown is not { } why) return;
        _run.Output.Flush();
        string files = CountText.Of(totals.UnknownFiles, "file");
        _run.Output.Error.WriteLine($"concord: {files} left out, of which nothing can be known: {PathText.Show(why)}");
    }
}
