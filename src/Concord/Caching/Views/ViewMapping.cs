using System.Diagnostics;
using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The addresses of one view and everything that is done to them. Nobody here touches a page of it (I9): each step is
/// a system call about addresses.
/// </summary>
/// <remarks>
/// Each step counts itself in; unmapping waits until nobody is inside, and steps that come later do nothing. Steps
/// never wait for a page, so that wait is short.
/// </remarks>
internal sealed class ViewMapping : IDisposable
{
    /// <summary>Runs of pages that one question about written pages can name.</summary>
    private const int RunsMax = PageGeometry.PagesPerExtent;

    /// <summary>The same for a question about many extents: as many as a few written pages in each.</summary>
    private const int RunsTogetherMax = 256;

    /// <summary>A closed mapping has this added to its count of users.</summary>
    private const int Closed = 1 << 30;

    private readonly SharedMemory _memory;
    private bool _hasAccess;
    private readonly PageFaults _faults;
    private int _users;
    private bool _isArmed;

    /// <summary>Maps a range without access, with its absent pages already waiting for answers.</summary>
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

    /// <summary>Whether writes through it are the file's, and have to be noticed.</summary>
    internal bool IsTracked => Access == ViewAccess.ReadWrite;

    internal bool IsAsync => _faults.IsAsync;

    /// <summary>
    /// Whether what was resident when it was mapped is armed. Before that nobody can touch it, so nothing is written.
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

    /// <summary>Takes all access away: who touches it now does so after the view's end.</summary>
    /// <exception cref="IOException">The system refuses; the view is as it was.</exception>
    internal void RevokeAccess()
    {
        if (!_hasAccess) return;
        SharedMemory.Permit(Address, Range.Length, canRead: false, canWrite: false);
        _hasAccess = false;
    }

    /// <summary>
    /// Absent pages of a range will appear protected; pages that are there must not be mapped here yet.
    /// </summary>
    internal void Arm(ByteRange range)
    {
        if (!IsTracked) return;
        using var step = Enter(range);
        if (!step.IsEmpty) _faults.Protect(step.Start, step.Length);
    }

    /// <summary>
    /// Makes absent pages appear, each in one step, mapped here and so for the threads that wait for them here, which
    /// are woken: in a view for reading, which has nothing to arm.
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
    /// Answers threads that wait for pages of a range which are all there: for the first, and for the others unless
    /// <paramref name="isAll"/> is false and one before them is mapped already.
    /// </summary>
    internal void Answer(ByteRange range, bool isAll)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        if (IsTracked && IsAsync) _faults.MapProtected(step.Start, step.Length, isAll);
        else _faults.Wake(step.Start, step.Length);
    }

    /// <summary>Synchronous form: lets pages be written, and wakes who waits for that.</summary>
    internal void Unprotect(ByteRange range)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        _faults.Unprotect(step.Start, step.Length, wakes: true);
    }

    /// <summary>
    /// Takes translations away; the next touch asks. What was written and not found yet shows by a missing mark.
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
    /// Which pages of an extent were written since they were last protected; they are protected again.
    /// </summary>
    internal ulong TakeWritten(long extent, ulong pages) =>
        Find(extent, pages,
            static (PageFaults faults, nint start, nint length, Span<PageFaults.AddressRun> runs, out nint end) =>
            faults.TakeWritten(start, length, runs, out end));

    /// <summary>
    /// The same for extents that follow each other, in as few questions as there are: each costs as much as some
    /// hundred pages.
    /// </summary>
    /// <param name="first">The first extent.</param>
    /// <param name="written">
    /// Receives the pages of each; added to what is there. Pages that are absent count as written.
    /// </param>
    internal void TakeWritten(long first, Span<ulong> written)
    {
        var extents = ByteRange.FromBounds(PageGeometry.StartOf(first), PageGeometry.StartOf(first + written.Length));
        using var step = Enter(extents);
        if (step.IsEmpty) return;
        Span<PageFaults.AddressRun> runs = stackalloc PageFaults.AddressRun[RunsTogetherMax];
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
    /// Makes the next touch of an absent page a SIGBUS, and wakes who waits for it. Where the kernel has no such mark
    /// the page may not be accessed, which is a SIGSEGV.
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

    /// <summary>Lets an absent page ask again.</summary>
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

    /// <summary>Gives the view translations for pages that are there; in a private or reading view.</summary>
    internal void Populate(ByteRange range)
    {
        using var step = Enter(range);
        if (step.IsEmpty) return;
        SharedMemory.Populate(step.Start, step.Length);
    }

    /// <summary>Unmaps, once nobody is inside a step.</summary>
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
