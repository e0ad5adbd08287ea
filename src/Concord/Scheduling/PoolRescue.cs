using System.Collections.Concurrent;

namespace Concord.Scheduling;

/// <summary>
/// Runs work on the thread pool without depending on it: work that no pool thread begins for a while, because all of
/// them wait, runs on threads of the library's own. The pool threads may be waiting for that work.
/// </summary>
internal static class PoolRescue
{
    /// <summary>
    /// The interval between two looks: longer than the pool takes to begin work while it has a free thread.
    /// </summary>
    private const int PatienceMilliseconds = 50;

    /// <summary>The watcher ends after this many looks without any work: some seconds.</summary>
    private const int IdleLooksMax = 100;

    private static readonly ConcurrentQueue<Action> Work = new();
    private static readonly BlockingThreads Rescuers = new();

    // Never set: the watcher only uses its timed wait.
    private static readonly ManualResetEventSlim AWhile = new();

    // 1 while a watcher runs.
    private static int Watchers;
    private static volatile bool WasPosted;

    // How many items were begun, by any thread. The watcher does not peek into the queue: the queue
    // would keep a peeked item reachable.
    private static long Begun;

    /// <summary>Lets <paramref name="work"/> run soon, never inline.</summary>
    internal static void Post(Action work)
    {
        Work.Enqueue(work);
        WasPosted = true;
        ThreadPool.UnsafeQueueUserWorkItem(static _ => RunOne(), null);
        if (Volatile.Read(ref Watchers) == 0) BeginWatch();
    }

    private static void BeginWatch()
    {
        if (Interlocked.CompareExchange(ref Watchers, 1, 0) != 0) return;
        try
        {
            new Thread(Watch) { IsBackground = true, Name = "Concord watch of the pool" }.UnsafeStart();
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // The next Post tries again; the pool does the work where it can.
            Volatile.Write(ref Watchers, 0);
        }
    }

    private static void Watch()
    {
        long begunBefore = -1;
        for (int idle = 0; idle < IdleLooksMax; idle++)
        {
            AWhile.Wait(PatienceMilliseconds);
            if (WasPosted) idle = 0;
            WasPosted = false;

            // There was work at the last look, and no thread has begun any since: run it on the library's threads.
            bool isThere = !Work.IsEmpty;
            long begun = Interlocked.Read(ref Begun);
            if (isThere && begun == begunBefore) Rescue();
            if (isThere) idle = 0;
            begunBefore = isThere ? begun : -1;
        }

        // A Post from here on starts a new watcher, which also watches items posted just before.
        Volatile.Write(ref Watchers, 0);
        if (!Work.IsEmpty) BeginWatch();
    }

    private static void Rescue()
    {
        try
        {
            for (int left = Work.Count; left > 0; left--) Rescuers.Post(RunOne);
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread: the watcher runs one item itself, and looks again.
            RunOne();
        }
    }

    private static void RunOne()
    {
        if (!Work.TryDequeue(out var work)) return;
        Interlocked.Increment(ref Begun);
        work();
    }
}
