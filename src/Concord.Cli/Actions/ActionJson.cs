using Concord.Cli.Json;
using Concord.Cli.Running;

namespace Concord.Cli.Actions;

/// <summary>What was done, as one JSON document.</summary>
internal sealed class ActionJson(Run run, FileAction action)
{
    private readonly JsonReport _json = new(run.Output, action.Name);

    internal void Add(FileOutcome outcome)
    {
        if (outcome is LoadOutcome load) _json.AddFile(load, JsonShapes.Default.LoadOutcome);
        if (outcome is FlushOutcome flush) _json.AddFile(flush, JsonShapes.Default.FlushOutcome);
    }

    internal void Finish(ActionTotals totals, int exitCode)
    {
        if (action is LoadAction)
        {
            _json.Finish(run.Output, totals.ToLoadTotals(), JsonShapes.Default.LoadTotals, run, exitCode);
        }
        else
        {
            _json.Finish(run.Output, totals.ToFlushTotals(), JsonShapes.Default.FlushTotals, run, exitCode);
        }
    }
}
