using System.Runtime.CompilerServices;
using Concord.Scheduling;

namespace Concord.Stores;

/// <summary>
/// A file's level among files whose stores are built on each other: the top, or a number of levels below. It is learned
/// from calls: a call from within a call of another file's store, or log, shows that this file is below that one.
/// </summary>
/// <remarks>
/// A call of a file may wait for files that are no higher. It never waits for a file above: a call of that file's store
/// may be what waits here.
/// </remarks>
internal sealed class StoreLevel
{
    // The asynchronous call of a store that this flow of control belongs to; blocking calls belong to the thread.
    private static readonly AsyncLocal<StoreFlow?> Flow = new();

    // Gate owns the writing of everything below. Nothing is taken inside.
    private static readonly Lock Gate = new();
    private readonly ConditionalWeakTable<StoreLevel, StoreLevel> _below = [];
    private volatile int _depth;
    private volatile bool _leadsToFiles;

    /// <summary>How many levels the file stands below the highest one that leads to it; 0 on top.</summary>
    internal int Depth => _depth;

    /// <summary>The calls of its store, and log, that are under way.</summary>
    internal CallsUnderWay Calls { get; } = new();

    /// <summary>Whether calls of its store have led to other files.</summary>
    internal bool LeadsToFiles => _leadsToFiles;

    /// <summary>The file whose store, or log, makes the current call; null if none does.</summary>
    internal static StoreLevel? Caller =>
        ThreadScope.Current as StoreLevel ?? (Flow.Value is { IsOver: false } flow ? flow.Level : null);

    /// <summary>Begins a blocking call of a file's store, or log, on this thread.</summary>
    internal static ThreadCall EnterOnThread(StoreLevel level) => new(level);

    /// <summary>
    /// Begins an asynchronous call of a file's store, or log. What is done or begun in it belongs to it until it has
    /// ended, on any thread.
    /// </summary>
    /// <param name="level">The file; null for a store that leads to no file.</param>
    /// <returns>The call, or null.</returns>
    internal static StoreFlow? EnterFlow(StoreLevel? level) => level is null ? null : new StoreFlow(level, Flow);

    /// <summary>The number of the error of a call that would wait for itself: EDEADLK.</summary>
    internal const int WaitsForItself = 35;

    /// <summary>Notes that a call of this file begins that may wait.</summary>
    /// <param name="label">The file's name in messages.</param>
    /// <exception cref="InvalidOperationException">
    /// The file's own store or log makes the call, or a store or log that is built on the file.
    /// </exception>
    internal void NoteCall(string label)
    {
        if (Caller is not { } caller || caller._below.TryGetValue(this, out _) || caller.TryLearn(this)) return;
        throw new InvalidOperationException(
            $"{label} cannot be used from within a call of its own store or log: the call would wait for itself")
        {
            HResult = WaitsForItself,
        };
    }

    /// <summary>
    /// Notes that a call of this file begins that does not wait, so that the level is learned from it too.
    /// </summary>
    internal void NoteUse()
    {
        if (Caller is { } caller && !caller._below.TryGetValue(this, out _)) caller.TryLearn(this);
    }

    /// <summary>Notes that this file's store reports that it is built on another file.</summary>
    /// <returns>False if that is impossible: the other file is this one, or is built on it.</returns>
    internal bool TryStandOn(StoreLevel below) => TryLearn(below);

    /// <summary>Whether calls of this file's store lead to another file, directly or through further files.</summary>
    internal bool LeadsTo(StoreLevel other)
    {
        lock (Gate) return LeadsToLocked(other);
    }

    /// <returns>False if the called file is this one, or leads to it.</returns>
    private bool TryLearn(StoreLevel called)
    {
        lock (Gate)
        {
            if (called == this || called.LeadsToLocked(this)) return false;
            _below.TryAdd(called, called);
            _leadsToFiles = true;
            called.LowerLocked(_depth + 1);
            return true;
        }
    }

    private bool LeadsToLocked(StoreLevel other)
    {
        foreach (var (below, _) in _below)
        {
            if (below == other || below.LeadsToLocked(other)) return true;
        }

        return false;
    }

    private void LowerLocked(int depth)
    {
        if (depth <= _depth) return;
        _depth = depth;
        foreach (var (below, _) in _below) below.LowerLocked(depth + 1);
    }

    /// <summary>A blocking call that is under way. Dispose it on its thread.</summary>
    internal readonly struct ThreadCall : IDisposable
    {
        private readonly object? _outer;

        internal ThreadCall(StoreLevel level) => _outer = ThreadScope.Enter(level);

        public void Dispose() => ThreadScope.Return(_outer);
    }
}
