using System.Runtime.CompilerServices;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>A fault that waits for a slow thread, and its error so far.</summary>
internal readonly record struct PendingFault(ViewMapping View, long Offset, bool IsProtected, Exception? Error);

/// <summary>
/// A bounded queue of faults that need more than a fast thread may do, and the threads that answer them. One thread is
/// always free while the system gives threads. So a slow store does not delay pages of other files, and a store that
/// reads a view itself does not wait for a thread that waits for that store.
/// </summary>
internal sealed class SlowFaults
{
    /// <summary>The length of the queue: more than the threads that wait for pages at once.</summary>
    private const int PendingMax = 1024;

    /// <summary>How long a thread without work stays, unless it is the last.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait before an answer that the system refused is tried again.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    // Threads whose answer was refused wait on it; it owns nothing.
    private readonly object _refused = new();

    // _gate owns everything below; free threads wait on it.
    private readonly object _gate = new();
    private readonly PendingFault[] _pending = new PendingFault[PendingMax];
    private int _first;
    private int _count;
    private int _threads;
    private int _free;

    /// <summary>How many threads there are.</summary>
    internal int Threads
    {
        get
        {
            lock (_gate) return _threads;
        }
    }

    /// <summary>Starts the first thread, if none runs.</summary>
    /// <returns>Whether a thread runs.</returns>
    internal bool TryStartFirst() => Threads > 0 || TryStart();

    /// <summary>Puts a fault into the queue. Does not block, and allocates nothing.</summary>
    internal void Defer(PendingFault fault)
    {
        lock (_gate)
        {
            if (_count < PendingMax)
            {
                _pending[(_first + _count++) % PendingMax] = fault;
                Monitor.Pulse(_gate);
                return;
            }
        }

        // The queue is full: wake the thread, which touches the page again and makes a new fault.
        fault.View.Wake(new ByteRange(fault.Offset, PageGeometry.PageBytes));
    }

    private bool TryStart()
    {
        lock (_gate)
        {
            _threads++;
            _free++;
        }

        if (PageFaultDispatcher.TryStart("page faults, slow", listener: null, Run)) return true;
        lock (_gate)
        {
            _threads--;
            _free--;
        }

        return false;
    }

    private void Run(FaultWorker worker)
    {
        using (worker)
        {
            while (RunNext(worker))
            {
                // Until there was no work for IdleMax.
            }
        }
    }

    /// <summary>
    /// A method of its own: the frame of the loop would keep the last view reachable while the thread waits.
    /// </summary>
    /// <returns>False when the thread is to end.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext(FaultWorker worker)
    {
        if (!TryTake(out var fault, out bool isLastFree)) return false;

        // Start another thread, so that the next fault finds a free one whatever this one waits for.
        if (isLastFree) TryStart();
        Answer(fault, worker);
        lock (_gate) _free++;
        return true;
    }

    /// <returns>False when the thread is to end.</returns>
    private bool TryTake(out PendingFault fault, out bool isLastFree)
    {
        lock (_gate)
        {
            // End after IdleMax without work, unless no other thread is free.
            while (_count == 0)
            {
                if (Monitor.Wait(_gate, IdleMax) || _count > 0 || _free == 1) continue;
                _threads--;
                _free--;
                fault = default;
                isLastFree = false;
                return false;
            }

            fault = _pending[_first];
            _pending[_first] = default;
            _first = (_first + 1) % PendingMax;
            _count--;
            isLastFree = --_free == 0;
            return true;
        }
    }

    private void Answer(PendingFault fault, FaultWorker worker)
    {
        try
        {
            fault.View.Owner.AnswerSlowly(fault.View, fault.Offset, fault.IsProtected, worker, fault.Error);
        }
        catch (Exception error) when (error is IOException or OutOfMemoryException or InvalidOperationException)
        {
            // The system refuses even the report of the error: try again later. Do not wait on the queue's lock: a
            // pulse for a free thread must not wake one that is busy.
            lock (_refused) Monitor.Wait(_refused, RetryDelay);
            Defer(fault with { Error = null });
        }
    }
}
