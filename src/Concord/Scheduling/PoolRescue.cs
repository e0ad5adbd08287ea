using System.Collections.Concurrent;

namespace Concord.Scheduling;

/// <summary>
/// Work that the thread pool does, and that does not depend on it: what none of its threads begins for a while,
/// because all of them wait, is done by threads of the library's own. What they wait for may be that work.
/// </summary>
internal static class PoolRescue
{
    /// <summary>Longer than the pool takes to begin something while it has a thread.</summary>
    private const int PatienceMilliseconds = 50;

    /// <summary>So many looks without any work, and the watcher ends: some seconds.</summary>
    private const int IdleLooksMax = 100;

    private static readonly ConcurrentQueue<Action> Work = new();
    private static readonly BlockingThreads Rescuers = new();

    // Nobody signals it: the watcher waits there for a while.
    private static readonly ManualResetEventSlim AWhile = new();

    // 1 while there is a watcher.
    private static int Watchers;
    private static volatile bool WasPosted;

    // How much work was begun, by whomever. The queue itself is not looked into: it would keep what was seen there.
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
            // Whoever posts next tries again; the pool does the work where it can.
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

            // There was work at the last look, and nobody has come for it.
            bool isThere = !Work.IsEmpty;
            long begun = Interlocked.Read(ref Begun);
            if (isThere && begun == begunBefore) Rescue();
            if (isThere) idle = 0;
            begunBefore = isThere ? begun : -1;
        }

        // Whoever posts from here on begins a new one; what was posted just before is watched by that one.
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
            // The system gives no thread: the watcher does one thing itself, and looks again.
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
