using System.Runtime.CompilerServices;

namespace Concord.Scheduling;

/// <summary>
/// A few threads for calls that block in the system. The thread pool has one thread a processor and adds more slowly,
/// so several writes in flight would wait for each other there, and delay all other work of the pool.
/// </summary>
internal sealed class BlockingThreads
{
    /// <summary>
    /// The most threads: twice the writes that one flush keeps in flight. More would only queue in the device.
    /// </summary>
    private const int ThreadsMax = 16;

    /// <summary>A thread without work ends after this long.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(5);

    // _gate owns everything below; idle threads wait on it.
    private readonly object _gate = new();
    private readonly Queue<Action> _work = [];
    private int _threads;
    private int _idle;

    /// <summary>The threads of this process.</summary>
    internal static BlockingThreads Shared { get; } = new();

    /// <summary>Runs <paramref name="work"/> on a thread of its own as soon as there is one.</summary>
    internal void Post(Action work)
    {
        lock (_gate)
        {
            _work.Enqueue(work);
            if (_idle >= _work.Count)
            {
                Monitor.Pulse(_gate);
                return;
            }

            if (_threads == ThreadsMax) return;
            _threads++;
        }

        Begin();
    }

    private void Begin()
    {
        try
        {
            new Thread(Run) { IsBackground = true, Name = "Concord store calls" }.UnsafeStart();
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // The work stays queued for a thread that runs. If none runs, the caller gets the error.
            lock (_gate)
            {
                if (--_threads > 0) return;
                _work.Clear();
            }

            throw new OutOfMemoryException("the system gives no further thread", error);
        }
    }

    private void Run()
    {
        while (RunNext())
        {
            // Until there was no work for IdleMax.
        }
    }

    /// <summary>
    /// A method of its own: the frame of the loop would keep the last work reachable while the thread waits.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext()
    {
        if (Next() is not { } work) return false;
        work();
        return true;
    }

    private Action? Next()
    {
        lock (_gate)
        {
            _idle++;
            try
            {
                while (_work.Count == 0)
                {
                    // Wait for work; a thread that waits longer than IdleMax ends.
                    if (Monitor.Wait(_gate, IdleMax) || _work.Count > 0) continue;
                    _threads--;
                    return null;
                }

                return _work.Dequeue();
            }
            finally
            {
                _idle--;
            }
        }
    }
}
