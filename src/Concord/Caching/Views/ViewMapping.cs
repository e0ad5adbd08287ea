using System.Diagnostics;
using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The addresses of one view, and the operations on them. No code here touches a page of the view (I9): each step is a
/// system call about addresses.
/// </summary>
/// <remarks>
/// Each step counts itself in. Unmapping waits until no step is under way, and later steps do nothing. Steps never wait
/// for a page, so that wait is short.
/// </remarks>
internal sealed class ViewMapping : IDisposable
{
    /// <summary>The most runs that one query for written pages returns.</summary>
    private const int RunsMax = PageGeometry.PagesPerExtent;

    /// <summary>The same for a query over many extents: enough for a few written pages in each.</summary>
    private const int RunsTogetherMax = 256;

    /// <summary>The bit in the count of users that says that the mapping is closed.</summary>
    private const int Closed = 1 << 30;

    private readonly SharedMemory _memory;
    private bool _hasAccess;
    private readonly PageFaults _faults;
    private int _users;
    private bool _isArmed;

    /// <summary>Maps a range without access, with the faults of its absent pages registered.</summary>
    internal ViewMapping(SharedMemory memory, PageFaults faults, ByteRange pages, ViewAccess access, IFaultOwner owner)
    {
        _memory = memory;
        _faults = faults;
        Range = pages;
        Access = access;
        Owner = owner;
        Address = memory.MapClosed(pages.Offset, pages.Length, isPrivate: access == ViewAccess.CopyOnWrite);
        try
        {
            faults.Register(Address, (nint)pages.Length, IsTracked);
        }
        catch
        {
            memory.Unmap(Address, pages.Length);
            throw;
        }
    }

    /// <summary>The whole pages of the file that it shows.</summary>
    internal ByteRange Range { get; }

    internal ViewAccess Access { get; }

    internal IFaultOwner Owner { get; }

    /// <summary>Where its first page is.</summary>
    internal nint Address { get; }

    internal nint End => Address + (nint)Range.Length;

    /// <summary>Whether writes through it change the file, and have to be tracked.</summary>
    internal bool IsTracked => Access == ViewAccess.ReadWrite;

    internal bool IsAsync => _faults.IsAsync;

    /// <summary>
    /// Whether pages that were resident when it was mapped are armed. Before that no thread has access, so nothing is
    /// written.
    /// </summary>
    internal bool IsArmed
    {
        get => Volatile.Read(ref _isArmed);
        set => Volatile.Write(ref _isArmed, value);
    }

    internal ViewAdvice Advice { get; set; }

    /// <summary>
    /// Where the next miss would be if misses follow each other, and how many pages the last brought in.
    /// </summary>
    internal long NextOffset { get; set; } = -1;

    internal int LastRun { get; set; }

    internal bool Covers(nint address) => address >= Address && address < End;

    internal long OffsetOf(nint address) => Range.Offset + (address - Address);

    /// <summary>Gives native code its access.</summary>
    internal void GrantAccess()
    {
        SharedMemory.Permit(Address, Range.Length, canRead: true, canWrite: Access != ViewAccess.Read);
        _hasAccess = true;
    }

    /// <summary>Takes all access away: a later touch is a touch after the view's end.</summary>
    /// <exception cref="IOException">The system refuses; the view is as it was.</exception>
    internal void RevokeAccess()
    {
        if (!_hasAccess) return;
        SharedMemory.Permit(Address, Range.Length, canRead: false, canWrite: false);
        _hasAccess = false;
    }

    /// <summary>
    /// Makes absent pages of a range appear protected. Resident pages of the range must not be mapped here yet.
    /// </summary>
    internal void Arm(ByteRange range)
    {
        if (!IsTracked) return;
        using var step = Enter(range);
        if (!step.IsEmpty) _faults.Protect(step.Start, step.Length);
    }

    /// <summary>
    /// Makes absent pages appear, each in one step, mapped at this view's addresses, and wakes the threads that wait
    /// for them. For a view for reading, which has nothing to arm.
    /// </summary>
    /// <returns>
    /// How many bytes appeared, and the error number that ended it, or 0; null where the view does not show all of the
    /// range, or is unmapped.
    /// </returns>
    internal (long Done, int Error)? TryInstall(ByteRange range, nint source)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return null;
        return step.Length == range.Length ? _faults.Copy(step.Start, source, step.Length) : null;
    }

    /// <summary>Lets threads that wait for pages of a range try again.</summary>
    internal void Wake(ByteRange range)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        _faults.Wake(step.Start, step.Length);
    }

    /// <summary>
    /// Answers threads that wait for pages of a range, all of which are resident: maps the first page and those after
    /// it. If <paramref name="isAll"/> is false, it stops at a page that is mapped already.
    /// </summary>
    internal void Answer(ByteRange range, bool isAll)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        if (IsTracked && IsAsync) _faults.MapProtected(step.Start, step.Length, isAll);
        else _faults.Wake(step.Start, step.Length);
    }

    /// <summary>Synchronous form: lets pages be written, and wakes the threads that wait for that.</summary>
    internal void Unprotect(ByteRange range)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        _faults.Unprotect(step.Start, step.Length, wakes: true);
    }

    /// <summary>
    /// Removes translations; the next touch faults. A page that was written and not collected yet shows by a missing
    /// mark.
    /// </summary>
    /// <returns>False if pages are locked in memory.</returns>
    internal bool Zap(ByteRange range)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return true;
        // Pages that a private view has written are its own, and would be lost.
        return Access == ViewAccess.CopyOnWrite
            ? SharedMemory.IsUnlocked(step.Start, step.Length)
            : SharedMemory.TryForget(step.Start, step.Length);
    }

    /// <summary>
    /// Returns the pages of an extent that were written since they were last protected, and protects them again.
    /// </summary>
    internal ulong TakeWritten(long extent, ulong pages) =>
        Find(extent, pages,
            static (PageFaults faults, nint start, nint length, Span<PageFaults.AddressRun> runs, out nint end) =>
            faults.TakeWritten(start, length, runs, out end));

    /// <summary>
    /// The same for extents that follow each other, in as few queries as possible: each query costs as much as some
    /// hundred pages.
    /// </summary>
    /// <param name="first">The first extent.</param>
    /// <param name="written">
    /// Receives the written pages of each extent, added to the masks that are there. Absent pages count as written.
    /// </param>
    internal void TakeWritten(long first, Span<ulong> written)
    {
        var extents = ByteRange.FromBounds(PageGeometry.StartOf(first), PageGeometry.StartOf(first + written.Length));
        using var step = Enter(extents);
        if (step.IsEmpty) return;
        Span<PageFaults.AddressRun> runs = stackalloc PageFaults.AddressRun[RunsTogetherMax];

        // One query returns as many runs as fit; go on where it stopped.
        for (nint at = step.Start, end = step.Start + step.Length; at < end;)
        {
            int count = _faults.TakeWritten(at, end - at, runs, out nint next);
            foreach (var run in runs[..count])
            {
                var bytes = ByteRange.FromBounds(OffsetOf(run.Start), OffsetOf(run.End));
                for (long index = PageGeometry.ExtentOf(
                    bytes.Offset); index <= PageGeometry.ExtentOf(bytes.End - 1); index++)
                {
                    written[(int)(index - first)] |= PageGeometry.PagesOf(index, bytes);
                }
            }

            Debug.Assert(next > at, "a search goes on");
            at = next;
        }
    }

    /// <summary>Which pages of an extent the view has translations for.</summary>
    internal ulong FindPresent(long extent, ulong pages) =>
        Find(extent, pages,
            static (PageFaults faults, nint start, nint length, Span<PageFaults.AddressRun> runs, out nint end) =>
            faults.FindPresent(start, length, runs, out end));

    /// <summary>
    /// Makes the next touch of an absent page a SIGBUS, and wakes the threads that wait for it. Where the kernel has no
    /// such mark, takes access to the page away, which makes it a SIGSEGV.
    /// </summary>
    internal void Poison(ByteRange page)
    {
        using var step = Enter(page);
        if (step.IsEmpty) return;
        // A mark would outlive the poison's end, and hide it.
        if (IsTracked) _faults.Unprotect(step.Start, step.Length, wakes: false);
        if (_faults.Poison(step.Start, step.Length)) return;
        if (!_faults.CanPoison) SharedMemory.Permit(step.Start, step.Length, canRead: false, canWrite: false);
        _faults.Wake(step.Start, step.Length);
    }

    /// <summary>Ends the poison of an absent page: the next touch faults again.</summary>
    internal void Unpoison(ByteRange page)
    {
        using var step = Enter(page);
        if (step.IsEmpty) return;
        _ = SharedMemory.TryForget(step.Start, step.Length);
        if (!_faults.CanPoison)
        {
            SharedMemory.Permit(step.Start, step.Length, canRead: true, canWrite: Access != ViewAccess.Read);
        }
        if (IsTracked) _faults.Protect(step.Start, step.Length);
    }

    /// <summary>Gives a private or reading view translations for resident pages.</summary>
    internal void Populate(ByteRange range)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        SharedMemory.Populate(step.Start, step.Length);
    }

    /// <summary>Unmaps, once no step is under way.</summary>
    public void Dispose()
    {
        if ((Interlocked.Or(ref _users, Closed) & Closed) != 0) return;
        var spin = new SpinWait();
        while (Volatile.Read(ref _users) != Closed) spin.SpinOnce();
        try
        {
            _faults.Unregister(Address, (nint)Range.Length);
        }
        finally
        {
            // Ends the registration too.
            _memory.Unmap(Address, Range.Length);
        }
    }

    private delegate int Search(
        PageFaults faults, nint start, nint length, Span<PageFaults.AddressRun> runs, out nint end);

    private ulong Find(long extent, ulong pages, Search search)
    {
        if (pages == PageMask.None) return PageMask.None;
        int first = PageMask.First(pages), last = 63 - System.Numerics.BitOperations.LeadingZeroCount(pages);
        var around = PageGeometry.BytesOf(extent, PageMask.Of(first, last - first + 1));
        using var step = Enter(around);
        if (step.IsEmpty) return PageMask.None;
        Span<PageFaults.AddressRun> runs = stackalloc PageFaults.AddressRun[RunsMax];
        ulong found = PageMask.None;

        // One query returns as many runs as fit; go on where it stopped.
        for (nint at = step.Start, end = step.Start + step.Length; at < end;)
        {
            int count = search(_faults, at, end - at, runs, out nint next);
            foreach (var run in runs[..count])
            {
                found |= PageGeometry.PagesOf(extent, ByteRange.FromBounds(OffsetOf(run.Start), OffsetOf(run.End)));
            }

            Debug.Assert(next > at, "a search goes on");
            at = next;
        }

        return found & pages;
    }

    /// <summary>
    /// Counts a step in and finds its addresses; empty where the view does not show the range, or is unmapped.
    /// </summary>
    private Step Enter(ByteRange range)
    {
        var part = range.Intersect(Range);
        if (part.IsEmpty) return default;
        if (Interlocked.Increment(ref _users) < Closed)
        {
            return new Step(this, Address + (nint)(part.Offset - Range.Offset), (nint)part.Length);
        }

        Leave();
        return default;
    }

    private void Leave() => Interlocked.Decrement(ref _users);

    /// <summary>A step under way, which unmapping waits for.</summary>
    private readonly ref struct Step(ViewMapping? view, nint start, nint length) : IDisposable
    {
        internal nint Start => start;

        internal nint Length => length;

        /// <summary>Whether there is nothing to do, and nothing was counted in.</summary>
        internal bool IsEmpty => view is null;

        public void Dispose() => view?.Leave();
    }
}
