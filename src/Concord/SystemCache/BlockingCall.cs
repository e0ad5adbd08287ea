namespace Concord.SystemCache;

/// <summary>
/// Runs a call that blocks in the system off the caller's thread. Flushing has no asynchronous form that works for
/// every file, so a thread must wait; only this class takes that thread from the thread pool.
/// </summary>
internal static class BlockingCall
{
    internal static Task<T> RunAsync<T>(Func<CancellationToken, T> call, CancellationToken cancellationToken) =>
        Task.Run(() => call(cancellationToken), cancellationToken);
}
