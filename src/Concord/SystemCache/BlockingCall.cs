namespace Concord.SystemCache;

/// <summary>
/// Runs calls that block in the system off the caller's thread, or side by side. Flushing has no asynchronous form that
/// works for every file, so a thread must wait; only this class takes that thread from the thread pool.
/// </summary>
internal static class BlockingCall
{
    internal static Task<T> RunAsync<T>(Func<CancellationToken, T> call, CancellationToken cancellationToken) =>
        Task.Run(() => call(cancellationToken), cancellationToken);

    /// <summary>Makes calls for the numbers from 0 on, some side by side, and waits for all.</summary>
    /// <param name="count">How many numbers.</param>
    /// <param name="threads">How many calls at a time, the caller's own thread included.</param>
    /// <param name="call">The call; it throws nothing but for a cancellation.</param>
    /// <param name="cancellationToken">No further call begins.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static void ForEach(int count, int threads, Action<int> call, CancellationToken cancellationToken) =>
        Parallel.For(
            0, count,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, call);
}
