using Concord.Cli.Json;
using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>The status as one JSON document.</summary>
internal sealed class StatusJson(Output output) : StatusSink
{
    private readonly JsonReport _json = new(output, "status");

    internal override void Add(FileStatus file) => _json.AddFile(file, JsonShapes.Default.FileStatus);

    internal override void Finish(Run run, StatusReport report, int exitCode) =>
        _json.Finish(run.Output, report.Totals, JsonShapes.Default.StatusTotals, run, exitCode);
}
