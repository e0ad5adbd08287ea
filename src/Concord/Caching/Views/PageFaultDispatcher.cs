using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Takes the page faults of views and has them answered. A few fast workers answer one fault each; faults that need
/// allocation, eviction or error reporting go to a bounded queue served by slow workers.
/// </summary>
/// <remarks>
/// <para>
/// This cannot wait for itself: a thread that waits for a page is inside native code or the kernel, where a
/// collection does not wait for it. The threads here are managed, so a collection delays an answer and no more. No lock
/// of this library is held by a thread that waits for a page, since no managed code touches a view (I9).
/// </para>
/// <para>
/// One fast worker at a time listens and never waits for a store, so that faults on pages in memory are answered at
/// once however slow a store is (<see cref="FaultListener"/>). The threads begin with the first view and stay as long
/// as the process.
/// </para>
/// </remarks>
internal sealed class PageFaultDispatcher
{
    /// <summary>Fast workers: one listens, and the others may wait for a store meanwhile.</summary>
    private const int FastThreads = 3;

    /// <summary>Slow workers: more than one, so that one file without room does not keep all others waiting.</summary>
    private const int SlowThreads = 2;

    /// <summary>The length of the queue: more than threads could wait for pages at once.</summary>
    private const int PendingFaultsMax = 1024;

    private static readonly Lazy<PageFaultDispatcher> SharedDispatcher = new(static () => Open());

    private readonly PageFaults? _faults;
    private readonly FaultListener _listener = new();

    // _gate owns the queue and the start of the threads.
    private readonly object _gate = new();
    private readonly PendingFault[] _pending = new PendingFault[PendingFaultsMax];
    private int _firstPending;
    private int _pendingCount;
    private bool _hasStarted;

    // _views is replaced, never changed: sorted by address.
    private volatile ViewMapping[] _views = [];
    private long _allocated;

    private PageFaultDispatcher(PageFaults? faults, string why)
    {
        _faults = faults;
        UnsupportedReason = why;
    }

    /// <summary>The dispatcher of this process.</summary>
    internal static PageFaultDispatcher Shared => SharedDispatcher.Value;

    /// <summary>What is missing, with what to set, or empty.</summary>
    internal string UnsupportedReason { get; }

    /// <exception cref="PlatformNotSupportedException">
    /// The system does not let this process answer page faults.
    /// </exception>
    internal PageFaults Faults => _faults
        ?? throw new PlatformNotSupportedException(
            $"views need page faults: {UnsupportedReason}. ViewAccess.LeasedRead works without");

    /// <summary>Bytes that the threads of the fast workers have allocated in all; a test holds it at nothing.</summary>
    internal long AllocatedBytes => Volatile.Read(ref _allocated);

    /// <summary>A dispatcher over a form of fault handling; tests force each.</summary>
    internal static PageFaultDispatcher Open(Interop.Linux.UserFaultForm? form = null, bool isSynchronous = false) =>
        new(PageFaults.Open(out string why, form, isSynchronous), why);

    /// <summary>A dispatcher as where the system permits none.</summary>
    internal static PageFaultDispatcher Refused(string why) => new(null, why);

    /// <summary>From now on faults of the view arrive here.</summary>
    internal void Add(ViewMapping view)
    {
        lock (_gate)
        {
            _views = [.. _views.Append(view).OrderBy(static other => other.Address)];
            if (_hasStarted) return;
            _hasStarted = true;
            for (int i = 0; i < FastThreads; i++) Start("page faults", new FaultWorker(_listener), AnswerAll);
            for (int i = 0; i < SlowThreads; i++) Start(
                "page faults, slow", new FaultWorker(listener: null), AnswerPending);
        }
    }

    internal void Remove(ViewMapping view)
    {
        lock (_gate) _views = [.. _views.Where(other => other != view)];
    }

    private static void Start(string name, FaultWorker worker, Action<FaultWorker> work) =>
        new Thread(() => work(worker)) { Name = $"Concord: {name}", IsBackground = true }.Start();

    private void AnswerAll(FaultWorker worker)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (true)
        {
            worker.Listen();
            if (_faults!.Next() is not { } fault || Find(fault.Address) is not { } view) continue;
            long offset = view.OffsetOf(fault.Address) & -PageGeometry.PageBytes;
            bool isAnswered = view.Owner.TryAnswer(view, offset, fault.IsProtected, worker, out var error);
            if (!isAnswered) Defer(new PendingFault(view, offset, fault.IsProtected, error));
            worker.Answered(fault.Thread);
            long after = GC.GetAllocatedBytesForCurrentThread();
            if (after != before) Interlocked.Add(ref _allocated, after - before);
            before = after;
        }
    }

    private void AnswerPending(FaultWorker worker)
    {
        while (true)
        {
            PendingFault pending;
            lock (_gate)
            {
                while (_pendingCount == 0) Monitor.Wait(_gate);
                pending = _pending[_firstPending];
                _pending[_firstPending] = default;
                _firstPending = (_firstPending + 1) % PendingFaultsMax;
                _pendingCount--;
            }

            pending.View.Owner.AnswerSlowly(pending.View, pending.Offset, pending.IsProtected, worker, pending.Error);
        }
    }

    private void Defer(PendingFault pending)
    {
        lock (_gate)
        {
            if (_pendingCount < PendingFaultsMax)
            {
                _pending[(_firstPending + _pendingCount++) % PendingFaultsMax] = pending;
                Monitor.Pulse(_gate);
                return;
            }
        }

        // Full: the thread faults again, and is queued then.
        pending.View.Wake(new ByteRange(pending.Offset, PageGeometry.PageBytes));
    }

    private ViewMapping? Find(nint address)
    {
        var views = _views;
        int low = 0, high = views.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (views[middle].End > address) high = middle;
            else low = middle + 1;
        }

        return low < views.Length && views[low].Covers(address) ? views[low] : null;
    }

    private readonly record struct PendingFault(ViewMapping View, long Offset, bool IsProtected, Exception? Error);
}
