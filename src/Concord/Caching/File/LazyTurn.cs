namespace Concord.Caching;

/// <summary>How far the lazy writer is in a file. Used only by the call that has taken the turn.</summary>
internal sealed class LazyTurn
{
    private int _isTaken;

    /// <summary>Where the round goes on.</summary>
    internal long From { get; set; }

    /// <summary>How many turns the round has left; 0 where the next one begins a round.</summary>
    internal int TurnsLeft { get; set; }

    /// <summary>How many turns to skip before the next, because the last ones failed.</summary>
    internal int Skip { get; set; }

    /// <summary>How many intervals after the last turn the next one is due: 1 after a good one.</summary>
    internal int BackOff { get; set; } = 1;

    /// <summary>How many turns in a row the locks of the store's owner were not free.</summary>
    internal int Refusals { get; set; }

    /// <summary>Takes the turn, unless the one before has not ended.</summary>
    internal bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    internal void End() => Volatile.Write(ref _isTaken, 0);
}
