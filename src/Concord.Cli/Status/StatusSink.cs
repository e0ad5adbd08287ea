using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>Where the figures of files go, one after the other.</summary>
internal abstract class StatusSink
{
    internal abstract void Add(FileStatus file);

    /// <summary>Writes what is to be written at the end.</summary>
    internal abstract void Finish(Run run, StatusReport report, int exitCode);
}
