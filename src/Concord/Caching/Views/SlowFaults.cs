using System.Runtime.CompilerServices;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>A fault that waits for a slow thread, and what went wrong with it so far.</summary>
internal readonly record struct PendingFault(ViewMapping View, long Offset, bool IsProtected, Exception? Error);

/// <summary>
/// Faults that take more than a fast thread may do, in a queue of fixed length, and the threads that answer them.
/// One thread is always free while the system gives threads: a store that is slow keeps no other file's pages
/// waiting, and one that reads a view itself does not wait for a thread that waits for it.
/// </summary>
internal sealed class SlowFaults
{
    /// <summary>As many threads as could wait for pages at once, and more.</summary>
    private const int PendingMax = 1024;

    /// <summary>A thread that has had nothing to do for so long ends, unless it is the last.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(5);

    /// <summary>So long an answer waits that the system refused altogether, before it is tried again.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    // Where threads wait whose answer was refused; owns nothing.
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

    /// <summary>Starts the first thread, if there is none.</summary>
    /// <returns>Whether there is one.</returns>
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

        // Full: the thread faults again, which is a fault of its own.
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
                // Until there is nothing to do for long.
            }
        }
    }

    /// <summary>Apart from the loop, whose frame would keep the last view while the thread waits.</summary>
    /// <returns>False when the thread is to end.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RunNext(FaultWorker worker)
    {
        if (!TryTake(out var fault, out bool isLastFree)) return false;

        // Whatever this one waits for, the next fault finds a thread.
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
            // The system refuses even to say that the page cannot be had: the thread waits until it can be told.
            // Not at the queue: the call for a free thread must not reach one that is not.
            lock (_refused) Monitor.Wait(_refused, RetryDelay);
            Defer(fault with { Error = null });
        }
    }
}
