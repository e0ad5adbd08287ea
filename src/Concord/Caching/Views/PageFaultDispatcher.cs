using System.Runtime.CompilerServices;
using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Receives the page faults of views. A few fast threads answer them, each one fault at a time
/// (<see cref="IFaultOwner"/>). Faults that need allocation, eviction, a store when no other thread could listen
/// meanwhile, or a report of an error go to <see cref="SlowFaults"/>.
/// </summary>
/// <remarks>
/// <para>
/// The dispatcher cannot wait for itself. A thread that waits for a page is inside native code or the kernel, where a
/// garbage collection does not wait for it. The threads here are managed, so a collection only delays an answer. No
/// lock of this library is held by a thread that waits for a page, since no managed code touches a view (I9).
/// </para>
/// <para>
/// One fast thread at a time listens. Before it waits for a store, another one takes its place, so that a slow store
/// does not delay faults of resident pages (<see cref="FaultListener"/>). The threads start with the first view and run
/// until the process ends. A thread that the system refused is tried again with the next view.
/// </para>
/// </remarks>
internal sealed class PageFaultDispatcher
{
    /// <summary>One listens, the other two may wait for a store.</summary>
    private const int FastThreads = 3;

    private static readonly Lazy<PageFaultDispatcher> SharedDispatcher = new(static () => Open());

    private readonly PageFaults? _faults;
    private readonly FaultListener _post = new();
    private readonly SlowFaults _slow = new();
    private readonly AddressTable<ViewMapping> _views = new();

    // _gate owns the start of the fast threads.
    private readonly Lock _gate = new();
    private int _fastThreads;
    private long _allocated;

    private PageFaultDispatcher(PageFaults? faults, string why)
    {
        _faults = faults;
        UnsupportedReason = why;
    }

    /// <summary>The dispatcher of this process.</summary>
    internal static PageFaultDispatcher Shared => SharedDispatcher.Value;

    /// <summary>What the system lacks, and what to set; empty if nothing.</summary>
    internal string UnsupportedReason { get; }

    /// <exception cref="PlatformNotSupportedException">
    /// The system does not let this process answer page faults.
    /// </exception>
    internal PageFaults Faults => _faults
        ?? throw new PlatformNotSupportedException(
            $"views need page faults: {UnsupportedReason}. ViewAccess.LeasedRead works without");

    /// <summary>Bytes that all fast threads have allocated; a test expects 0.</summary>
    internal long AllocatedBytes => Volatile.Read(ref _allocated);

    /// <summary>Threads that answer slow faults now.</summary>
    internal int SlowThreads => _slow.Threads;

    /// <summary>
    /// Makes a dispatcher over a form of fault handling; tests force each form, also those of older kernels.
    /// </summary>
    internal static PageFaultDispatcher Open(
        Interop.Linux.UserFaultForm? form = null, bool isSynchronous = false, bool isUntracked = false) =>
        new(PageFaults.Open(out string why, form, isSynchronous, isUntracked), why);

    /// <summary>Makes a dispatcher as on a system that does not permit fault handling.</summary>
    internal static PageFaultDispatcher Refused(string why) => new(null, why);

    /// <summary>Adds a view: its faults are answered from now on.</summary>
    /// <exception cref="IOException">
    /// The system gives no thread that could answer them; the view is not known here.
    /// </exception>
    internal void Add(ViewMapping view)
    {
        if (!TryStartThreads())
        {
            throw new IOException(
                "a view needs threads that answer its page faults, and the system gives none "
                + "(ulimit -u, or the container's limit)");
        }

        bool isAlone = _views.TryAdd((nuint)view.Address, (nuint)view.End, view);
        if (!isAlone) throw new InvalidOperationException("the addresses of a view are its own");
    }

    internal void Remove(ViewMapping view) => _views.TryRemove((nuint)view.Address);

    /// <summary>Starts a thread, if the system gives one and memory for it.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="listener">Where it takes turns in listening, or null.</param>
    /// <param name="work">What the thread runs.</param>
    internal static bool TryStart(string name, FaultListener? listener, Action<FaultWorker> work)
    {
        FaultWorker? worker = null;
        try
        {
            worker = new FaultWorker(listener);
            new Thread(() => work(worker)) { Name = $"Concord: {name}", IsBackground = true }.UnsafeStart();
            return true;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // The caller goes on with the threads that there are.
            worker?.Dispose();
            return false;
        }
    }

    /// <returns>Whether there is a thread of each kind, so that faults are answered.</returns>
    private bool TryStartThreads()
    {
        lock (_gate)
        {
            while (_fastThreads < FastThreads && TryStart("page faults", _post, AnswerAll)) _fastThreads++;
            return _slow.TryStartFirst() && _fastThreads > 0;
        }
    }

    private void AnswerAll(FaultWorker worker)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (true)
        {
            worker.Listen();
            if (_faults!.Next() is not { } fault || !Answer(fault, worker)) continue;
            long after = GC.GetAllocatedBytesForCurrentThread();
            if (after != before) Interlocked.Add(ref _allocated, after - before);
            before = after;
        }
    }

    /// <summary>
    /// A method of its own: the frame of the loop would keep the last view reachable while the thread waits.
    /// </summary>
    /// <returns>Whether the fault lies in a view.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Answer(PageFaults.Fault fault, FaultWorker worker)
    {
        if (Find(fault.Address) is not { } view) return false;
        long offset = view.OffsetOf(fault.Address) & -PageGeometry.PageBytes;
        if (!TryAnswer(view, offset, fault.IsProtected, worker, out var error))
        {
            _slow.Defer(new PendingFault(view, offset, fault.IsProtected, error));
        }

        worker.Answered(fault.Thread);
        return true;
    }

    /// <summary>
    /// Answers a fault, or returns false: then a slow thread answers it, and tells the waiting thread of any error.
    /// </summary>
    private static bool TryAnswer(
        ViewMapping view, long offset, bool isProtected, FaultWorker worker, out Exception? error)
    {
        try
        {
            return view.Owner.TryAnswer(view, offset, isProtected, worker, out error);
        }
        catch (Exception failure)
        {
            error = failure;
            return false;
        }
    }

    private ViewMapping? Find(nint address) =>
        _views.Current.TryFind((nuint)address, out var entry) && entry.Owner.Covers(address) ? entry.Owner : null;
}
