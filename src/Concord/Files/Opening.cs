using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// An opening of a file that is under way. It may call its store, and other openings of the file wait for it.
/// </summary>
/// <param name="store">The store that is being opened.</param>
/// <param name="cache">The cache.</param>
internal sealed class Opening(BackingStore store, CacheState cache)
{
    private readonly Signal _ended = new();
    private readonly StoreWait _wait = new(store.Level, cache, () => store.Label);

    /// <summary>
    /// Waits until it has ended; returns earlier when an asynchronous call is cancelled, which asks its token next.
    /// </summary>
    /// <exception cref="IOException">A call of its store does not answer.</exception>
    internal ValueTask WaitAsync(CallMode mode, CancellationToken cancellationToken) =>
        _wait.WaitAsync(_ended, mode, cancellationToken);

    /// <summary>Lets the openings go on that wait for it.</summary>
    internal void End() => _ended.Set(cache.Scheduler);
}
