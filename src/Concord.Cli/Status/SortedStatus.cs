using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>Keeps every file until the end, and hands them on in order.</summary>
internal sealed class SortedStatus(StatusSink sink, Comparison<FileStatus> order) : StatusSink
{
    private readonly List<FileStatus> _files = [];

    internal override void Add(FileStatus file) => _files.Add(file);

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
        // Equal ones stay as they were come to.
        foreach (FileStatus file in _files.Order(Comparer<FileStatus>.Create(order))) sink.Add(file);
        sink.Finish(run, report, exitCode);
    }
}
