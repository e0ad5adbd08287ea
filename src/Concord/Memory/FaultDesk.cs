using Concord.Interop;

namespace Concord.Memory;

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
/// One thread of the first desk never reads a store, so that a slow store does not keep pages waiting that are there.
/// The threads begin with the first view and stay as long as the process.
/// </para>
/// </remarks>
internal sealed class FaultDesk
{
    /// <summary>
    /// On so many processors there is a thread of the first desk for each, bound to it: the one beside the faulting thread
    /// begins as soon as that waits, several times sooner than another processor wakes up. Every message wakes them all, so
    /// that on more processors it would cost more than it saves.
    /// </summary>
    private const int BoundThreadsMax = 4;

    private static readonly bool AreBound = Environment.ProcessorCount is > 1 and <= BoundThreadsMax;

    /// <summary>Threads at the first desk: one may read a store while another answers.</summary>
    private static readonly int FirstThreads = AreBound ? Environment.ProcessorCount : 2;

    /// <summary>Threads at the second desk: one file without room does not keep all others waiting.</summary>
    private const int SecondThreads = 2;

    /// <summary>Notes on the list: as many threads as could wait for pages at once, and more.</summary>
    private const int NotesMax = 1024;

    private static readonly Lazy<FaultDesk> SharedDesk = new(static () => Open());

    private readonly PageFaults? _faults;

    // _gate owns the list of notes and the start of the threads.
    private readonly object _gate = new();
    private readonly Note[] _notes = new Note[NotesMax];
    private int _firstNote;
    private int _noteCount;
    private bool _hasStarted;

    // _views is replaced, never changed: sorted by address.
    private volatile ViewMapping[] _views = [];
    private int _reading;
    private long _allocated;

    private FaultDesk(PageFaults? faults, string why)
    {
        _faults = faults;
        UnsupportedReason = why;
    }

    /// <summary>The desk of this process.</summary>
    internal static FaultDesk Shared => SharedDesk.Value;

    /// <summary>What is missing, with what to set, or empty.</summary>
    internal string UnsupportedReason { get; }

    /// <exception cref="PlatformNotSupportedException">The system does not let this process answer page faults.</exception>
    internal PageFaults Faults => _faults
        ?? throw new PlatformNotSupportedException($"views need page faults: {UnsupportedReason}. ViewAccess.LeasedRead works without");

    /// <summary>Bytes that the threads of the first desk have allocated in all; a test holds it at nothing.</summary>
    internal long AllocatedBytes => Volatile.Read(ref _allocated);

    /// <summary>A desk over a form of fault handling; tests force each.</summary>
    internal static FaultDesk Open(Interop.Linux.UserFaultForm? form = null, bool isSynchronous = false) =>
        new(PageFaults.Open(out string why, form, isSynchronous), why);

    /// <summary>A desk as where the system permits none.</summary>
    internal static FaultDesk Refused(string why) => new(null, why);

    /// <summary>From now on faults of the view arrive here.</summary>
    internal void Add(ViewMapping view)
    {
        lock (_gate)
        {
            _views = [.. _views.Append(view).OrderBy(static other => other.Address)];
            if (_hasStarted) return;
            _hasStarted = true;
            for (int i = 0; i < FirstThreads; i++)
            {
                int processor = i;
                Start("page faults", staging =>
                {
                    if (AreBound) ThreadBinding.TryBind(processor);
                    AnswerAll(staging);
                });
            }

            for (int i = 0; i < SecondThreads; i++) Start("page faults, slow", AnswerNotes);
        }
    }

    internal void Remove(ViewMapping view)
    {
        lock (_gate) _views = [.. _views.Where(other => other != view)];
    }

    private static void Start(string name, Action<StagingBlock> work) =>
        new Thread(() => work(new StagingBlock())) { Name = $"Concord: {name}", IsBackground = true }.Start();

    private void AnswerAll(StagingBlock staging)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (true)
        {
            if (_faults!.Next() is not { } fault || Find(fault.Address) is not { } view) continue;
            long offset = view.OffsetOf(fault.Address) & -PageGeometry.PageBytes;
            bool mayRead = Interlocked.Increment(ref _reading) < FirstThreads;
            bool isAnswered = view.Owner.TryAnswer(view, offset, fault.IsProtected, staging, mayRead, out var error);
            Interlocked.Decrement(ref _reading);
            if (!isAnswered) Put(new Note(view, offset, fault.IsProtected, error));
            long after = GC.GetAllocatedBytesForCurrentThread();
            if (after != before) Interlocked.Add(ref _allocated, after - before);
            before = after;
        }
    }

    private void AnswerNotes(StagingBlock staging)
    {
        while (true)
        {
            Note note;
            lock (_gate)
            {
                while (_noteCount == 0) Monitor.Wait(_gate);
                note = _notes[_firstNote];
                _notes[_firstNote] = default;
                _firstNote = (_firstNote + 1) % NotesMax;
                _noteCount--;
            }

            note.View.Owner.AnswerSlowly(note.View, note.Offset, note.IsProtected, staging, note.Error);
        }
    }

    private void Put(Note note)
    {
        lock (_gate)
        {
            if (_noteCount < NotesMax)
            {
                _notes[(_firstNote + _noteCount++) % NotesMax] = note;
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

    private readonly record struct Note(ViewMapping View, long Offset, bool IsProtected, Exception? Error);
}
