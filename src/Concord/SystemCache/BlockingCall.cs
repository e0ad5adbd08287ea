namespace Concord.SystemCache;

/// <summary>
/// Runs a call that blocks in the system off the caller's thread. Flushing has no asynchronous form that works for
/// every file, so a thread must wait; this is the one place that takes it from the thread pool.
/// </summary>
internal static class BlockingCall
{
    internal static Task<T> RunAsync<T>(Func<CancellationToken, T> call, CancellationToken cancellationToken) =>
        Task.Run(() => call(cancellationToken), cancellationToken);
}
