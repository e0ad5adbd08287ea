using Concord.Cli.Files;
using Concord.Cli.Interop;
using Concord.Cli.Running;

namespace Concord.Cli.Locking;

/// <summary>
/// The files whose pages are kept in memory: all that were asked for, or none. A lock that leaves one out would not be
/// what was asked for, and nobody would notice.
/// </summary>
internal sealed class LockSet : IDisposable
{
    private readonly List<LockedMapping> _mappings = [];
    private readonly List<HeldFile> _files = [];

    internal IReadOnlyList<HeldFile> Files => _files;

    internal HeldTotals Totals => new(
        _files.Count, _files.Sum(static file => file.Pages), Bytes, LockLimit.Bytes, Environment.ProcessId);

    private long Bytes => _files.Sum(static file => file.BytesLocked);

    /// <summary>Finds the files. Those that cannot be treated are failures.</summary>
    internal void Find(FileSelection selection, ByteRange? range, Run run)
    {
        var walk = new FileWalk(selection, run.Failures);
        foreach (WalkedFile walked in walk.Files())
        {
            if (run.Interruption.IsRequested) return;
            walked.Found?.Dispose();
            _files.Add(HeldFile.Of(walked.Path, walked.Node.Length, range));
        }
    }

    /// <summary>Loads and locks the pages of all files.</summary>
    /// <returns>Whether all are locked; otherwise a failure says why, and none is.</returns>
    internal bool TryLock(Run run)
    {
        if (run.Failures.Count > 0 || run.Interruption.IsRequested) return false;
        if (_files.Count == 0)
        {
            run.Failures.Add("lock", "there is no file to lock; name files, or directories that have some");
            return false;
        }

        if (LockLimit.Refuse(Bytes, LockLimit.Bytes, LockLimit.Memory) is { } refusal)
        {
            run.Failures.Add("lock", refusal);
            return false;
        }

        foreach (HeldFile file in _files)
        {
            if (run.Interruption.IsRequested) return false;
            if (file.Kept.IsEmpty) continue;
            try
            {
                _mappings.Add(LockedMapping.Make(file.OpenedAs, file.Kept));
            }
            catch (Exception exception) when (Failures.IsExpected(exception))
            {
                run.Failures.Add(file.OpenedAs, exception);
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        foreach (LockedMapping mapping in _mappings) mapping.Dispose();
        _mappings.Clear();
    }
}
