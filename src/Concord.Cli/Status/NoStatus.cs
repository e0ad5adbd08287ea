using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>Shows nothing: only the exit code is wanted.</summary>
internal sealed class NoStatus : StatusSink
{
    internal override void Add(FileStatus file)
    {
    }

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
    }
}
