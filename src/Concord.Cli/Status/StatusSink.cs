using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>Receives the figures of files, one after the other.</summary>
internal abstract class StatusSink
{
    internal abstract void Add(FileStatus file);

    /// <summary>Writes the end of the output.</summary>
    internal abstract void Finish(Run run, StatusReport report, int exitCode);
}
