using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Where page faults of views arrive. A few threads take one fault each and answer it; what takes more than that
/// (memory, room, words about an error) goes on a list of fixed length, for a few threads at a second desk.
/// </summary>
/// <remarks>
/// <para>
/// Why this cannot wait for itself: a thread that waits for a page is inside native code or the kernel, where a
/// collection does not wait for it. The threads here are managed, so a collection delays an answer and no more. No lock
/// of this library is held by a thread that waits for a page, since no managed code touches a view (I9).
/// </para>
/// <para>
/// One thread of the first desk listens and never waits for a store, so that a slow store does not keep pages waiting that
/// are there (<see cref="FaultListener"/>). The threads begin with the first view and stay as long as the process.
/// </para>
/// </remarks>
internal sealed class PageFaultDispatcher
{
    /// <summary>Threads at the first desk: one listens, and the others may wait for a store meanwhile.</summary>
    private const int FastThreads = 3;

    /// <summary>Threads at the second desk: one file without room does not keep all others waiting.</summary>
    private const int SlowThreads = 2;

    /// <summary>So long an answer waits that the system refused altogether, before it is tried again.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>Notes on the list: as many threads as could wait for pages at once, and more.</summary>
    private const int PendingFaultsMax = 1024;

    private static readonly Lazy<PageFaultDispatcher> SharedDispatcher = new(static () => Open());

    private readonly PageFaults? _faults;
    private readonly FaultListener _post = new();

    // _gate owns the list of notes and the start of the threads.
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

    /// <summary>The desk of this process.</summary>
    internal static PageFaultDispatcher Shared => SharedDispatcher.Value;

    /// <summary>What is missing, with what to set, or empty.</summary>
    internal string UnsupportedReason { get; }

    /// <exception cref="PlatformNotSupportedException">The system does not let this process answer page faults.</exception>
    internal PageFaults Faults => _faults
        ?? throw new PlatformNotSupportedException($"views need page faults: {UnsupportedReason}. ViewAccess.LeasedRead works without");

    /// <summary>Bytes that the threads of the first desk have allocated in all; a test holds it at nothing.</summary>
    internal long AllocatedBytes => Volatile.Read(ref _allocated);

    /// <summary>A desk over a form of fault handling; tests force each.</summary>
    internal static PageFaultDispatcher Open(Interop.Linux.UserFaultForm? form = null, bool isSynchronous = false) =>
        new(PageFaults.Open(out string why, form, isSynchronous), why);

    /// <summary>A desk as where the system permits none.</summary>
    internal static PageFaultDispatcher Refused(string why) => new(null, why);

    /// <summary>From now on faults of the view arrive here.</summary>
    internal void Add(ViewMapping view)
    {
        lock (_gate)
        {
            _views = [.. _views.Append(view).OrderBy(static other => other.Address)];
            if (_hasStarted) return;
            _hasStarted = true;
            for (int i = 0; i < FastThreads; i++) Start("page faults", new FaultWorker(_post), AnswerAll);
            for (int i = 0; i < SlowThreads; i++) Start("page faults, slow", new FaultWorker(post: null), AnswerPending);
        }
    }

    internal void Remove(ViewMapping view)
    {
        lock (_gate) _views = [.. _views.Where(other => other != view)];
    }

    private static void Start(string name, FaultWorker clerk, Action<FaultWorker> work) =>
        new Thread(() => work(clerk)) { Name = $"Concord: {name}", IsBackground = true }.Start();

    private void AnswerAll(FaultWorker clerk)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (true)
        {
            clerk.Listen();
            if (_faults!.Next() is not { } fault || Find(fault.Address) is not { } view) continue;
            long offset = view.OffsetOf(fault.Address) & -PageGeometry.PageBytes;
            bool isAnswered = TryAnswer(view, offset, fault.IsProtected, clerk, out var error);
            if (!isAnswered) Defer(new PendingFault(view, offset, fault.IsProtected, error));
            clerk.Answered(fault.Thread);
            long after = GC.GetAllocatedBytesForCurrentThread();
            if (after != before) Interlocked.Add(ref _allocated, after - before);
            before = after;
        }
    }

    /// <summary>An answer that the system refuses is one for the slow desk, which tells why.</summary>
    private static bool TryAnswer(
        ViewMapping view, long offset, bool isProtected, FaultWorker clerk, out Exception? error)
    {
        try
        {
            return view.Owner.TryAnswer(view, offset, isProtected, clerk, out error);
        }
        catch (IOException refused)
        {
            error = refused;
            return false;
        }
    }

    private void AnswerPending(FaultWorker clerk)
    {
        while (true)
        {
            PendingFault note;
            lock (_gate)
            {
                while (_pendingCount == 0) Monitor.Wait(_gate);
                note = _pending[_firstPending];
                _pending[_firstPending] = default;
                _firstPending = (_firstPending + 1) % PendingFaultsMax;
                _pendingCount--;
            }

            try
            {
                note.View.Owner.AnswerSlowly(note.View, note.Offset, note.IsProtected, clerk, note.Error);
            }
            catch (IOException)
            {
                // The system refuses even to say that the page cannot be had. The thread waits until it can be told.
                lock (_gate) Monitor.Wait(_gate, RetryDelay);
                Defer(note with { Error = null });
            }
        }
    }

    private void Defer(PendingFault note)
    {
        lock (_gate)
        {
            if (_pendingCount < PendingFaultsMax)
            {
                _pending[(_firstPending + _pendingCount++) % PendingFaultsMax] = note;
                Monitor.Pulse(_gate);
                return;
            }
        }

        // Full: the thread faults again, which is a note of its own.
        note.View.Wake(new ByteRange(note.Offset, PageGeometry.PageBytes));
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
