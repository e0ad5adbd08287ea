using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Cli.Status;

namespace Concord.Cli.Watching;

/// <summary>Looks at files again and again, and knows of each what was seen before.</summary>
/// <remarks>
/// Directories are walked each time, so that new files are seen; what was named in a list is read once. A file that
/// cannot be asked is an error in the first look, and only counted later.
/// </remarks>
internal sealed class Watcher(Run run, FileSelection selection, ByteRange? range, TimeProvider clock)
{
    private Dictionary<string, Counts> _before = new(StringComparer.Ordinal);
    private long? _lastTime;

    /// <summary>Takes a look.</summary>
    /// <param name="order">The order of files; null for the usual one.</param>
    internal Look Take(Comparison<FileStatus>? order)
    {
        Failures failures = _lastTime is null
            ? run.Failures
            : new Failures(run.Output, keep: false, isSilent: true);
        long now = clock.GetTimestamp(), failed = failures.Count;
        TimeSpan? passed = _lastTime is { } last ? clock.GetElapsedTime(last, now) : null;
        var walk = new FileWalk(selection, failures);
        var shown = new ShownFiles(order);
        var totals = new StatusTotals();
        var sum = new Change(passed is null ? null : 0, passed is null ? null : 0);
        Dictionary<string, Counts> seen = new(StringComparer.Ordinal);
        foreach (WalkedFile walked in walk.Files())
        {
            if (run.Interruption.IsRequested) break;
            if (Read(walk, walked, failures) is not { } file) continue;
            totals.Add(file);
            shown.Offer(file);
            seen[file.OpenedAs] = Counts.Of(file);
            if (passed is not null) sum += ChangeOf(file, passed);
        }

        IReadOnlyList<FileStatus> files = shown.Select();
        var look = new Look(
            clock.GetUtcNow(), [.. files.Select(file => (file, ChangeOf(file, passed)))],
            shown.Offered - files.Count, totals, sum, failures.Count - failed);
        (_before, _lastTime) = (seen, now);
        return look;
    }

    /// <summary>The change of a file; one that was not there before came from nothing.</summary>
    private Change ChangeOf(FileStatus file, TimeSpan? passed)
    {
        if (passed is not { } time || time <= TimeSpan.Zero) return default;
        Counts before = _before.GetValueOrDefault(file.OpenedAs, new Counts(0, 0));
        return Change.Between(before, Counts.Of(file), time);
    }

    private FileStatus? Read(FileWalk walk, WalkedFile walked, Failures failures)
    {
        try
        {
            return FileStatus.Read(walked, range, ResidencyDetail.Counts, withRuns: false);
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (!walk.Forgive(walked, exception)) failures.Add(walked.Path, exception);
            return null;
        }
    }
}
