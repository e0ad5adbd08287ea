using Concord.Cli.Files;
using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>The results of a status run, in bounded memory.</summary>
internal sealed class StatusReport
{
    private readonly FileWalk _walk;
    private readonly bool[] _isDirectory;

    internal StatusReport(FileSelection selection, FileWalk walk, bool withPages)
    {
        IReadOnlyList<string> arguments = selection.Paths;
        Arguments = arguments;
        _walk = walk;
        WithPages = withPages;
        _isDirectory = new bool[arguments.Count];
        Subtotals = new StatusTotals[arguments.Count];
        for (int i = 0; i < Subtotals.Length; i++) Subtotals[i] = new StatusTotals();
    }

    internal IReadOnlyList<string> Arguments { get; }

    internal bool WithPages { get; }

    internal StatusTotals Totals { get; } = new();

    /// <summary>The sums of each argument, in their order.</summary>
    internal StatusTotals[] Subtotals { get; }

    internal bool Interrupted { get; private set; }

    /// <summary>Takes over the counts of the walk, at its end.</summary>
    internal void Finish(bool interrupted)
    {
        Interrupted = interrupted;
        Totals.VanishedFiles = _walk.Vanished;
    }

    /// <summary>Whether there is nothing to show: no argument could be read.</summary>
    internal bool FoundNothing => Totals.Files == 0 && !_walk.HasDirectory && _walk.LeftOut == 0;

    internal bool NeedsTotal => Totals.Files != 1 || _walk.HasDirectory;

    /// <summary>Whether the total covers several directories, so that each needs a sum of its own.</summary>
    internal bool NeedsSubtotals => Arguments.Count > 1 && _walk.HasDirectory;

    internal bool IsDirectory(int argument) => _isDirectory[argument];

    internal void Count(WalkedFile walked, FileStatus file)
    {
        Totals.Add(file);
        if (walked.Argument < 0) return;
        Subtotals[walked.Argument].Add(file);
        _isDirectory[walked.Argument] |= !ReferenceEquals(walked.Path, Arguments[walked.Argument]);
    }

    /// <summary>What the walk skipped, as text; null for nothing.</summary>
    internal string? Skipped()
    {
        List<string> parts = [];
        if (_walk.Links > 0) parts.Add($"{CountText.Of(_walk.Links, "symbolic link")} (--follow follows them)");
        if (_walk.LinksNowhere > 0) parts.Add($"{CountText.Of(_walk.LinksNowhere, "symbolic link")} to nowhere");
        if (_walk.SpecialFiles > 0)
            parts.Add($"{CountText.Of(_walk.SpecialFiles, "special file")} (devices, sockets, pipes)");
        if (_walk.Vanished > 0) parts.Add($"{CountText.Of(_walk.Vanished, "file")} that vanished meanwhile");
        if (_walk.FurtherNames > 0)
            parts.Add($"{CountText.Of(_walk.FurtherNames, "further name")} of files already counted");
        if (_walk.LeftOut > 0)
            parts.Add($"{CountText.Of(_walk.LeftOut, "name")} left out by {FileFilter.Options}");
        if (_walk.OtherFileSystems > 0)
            parts.Add($"{CountText.Of(_walk.OtherFileSystems, "name")} on other file systems");
        return parts.Count == 0 ? null : $"passed over: {string.Join(", ", parts)}";
    }
}
