using System.Diagnostics.CodeAnalysis;

namespace Concord.Caching;

/// <summary>
/// What one call that needs room has had cleaned, in turns: in each, every file that has something to clean is tried
/// once. What has begun in one turn may end in the next. Used by that call alone.
/// </summary>
internal sealed class CleaningTurn
{
    private Queue<FileState>? _waiting;
    private bool _hasFailed;

    /// <summary>The tries that the call waits for.</summary>
    internal List<CleaningAttempt> UnderWay { get; } = [];

    /// <summary>The first error of this turn, or of the last one if this has none yet; null if that had none.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>Turns in which a file failed, since this was last set to 0.</summary>
    internal int Failed { get; set; }

    /// <summary>All turns in which a file failed.</summary>
    internal int FailedEver { get; private set; }

    /// <summary>Begins a turn, unless one is under way.</summary>
    internal void BeginOnce(Func<IEnumerable<FileState>> files) => _waiting ??=
        new Queue<FileState>(files().Where(file => !UnderWay.Exists(attempt => attempt.File == file)));

    /// <summary>The next file to try in this turn.</summary>
    internal bool TryNext([NotNullWhen(true)] out FileState? file) => _waiting!.TryDequeue(out file);

    /// <summary>Takes what has come of the tries that are over.</summary>
    /// <returns>Whether one has cleaned its file; those behind it are looked at in the next turn.</returns>
    internal bool TakeEnded()
    {
        foreach (var attempt in UnderWay.FindAll(static attempt => attempt.IsOver))
        {
            UnderWay.Remove(attempt);
            if (attempt.HasCleaned) return true;
            if (attempt.Error is not { } error) continue;
            if (!_hasFailed) Error = error;
            _hasFailed = true;
        }

        return false;
    }

    /// <summary>Ends the turn.</summary>
    /// <returns><paramref name="state"/>.</returns>
    internal TurnState End(TurnState state)
    {
        if (!_hasFailed) Error = null;
        Failed += _hasFailed ? 1 : 0;
        FailedEver += _hasFailed ? 1 : 0;
        _waiting = null;
        _hasFailed = false;
        return state;
    }
}

/// <summary>How a turn stands.</summary>
internal enum TurnState
{
    /// <summary>A file was cleaned: pages may leave that could not before.</summary>
    Cleaned,

    /// <summary>The stores of some files have not answered yet.</summary>
    UnderWay,

    /// <summary>Every file was tried, and none was cleaned.</summary>
    AllTried,
}

/// <summary>
/// One try to clean a file, shared by all calls that wait for it. Read its outcome when it is over.
/// </summary>
/// <param name="file">The file.</param>
internal sealed class CleaningAttempt(FileState file)
{
    private volatile bool _isOver;

    internal FileState File => file;

    internal bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    internal bool HasCleaned { get; set; }

    internal Exception? Error { get; set; }
}
