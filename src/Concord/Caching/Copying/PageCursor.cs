using System.Runtime.CompilerServices;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// A place in the page that a stream reads or writes in short calls. What a hit looks up, it has looked up once for the
/// whole page. What makes a hit coherent (<see cref="PinnedRange"/>) is done in each call: pin the page, check that it
/// may be touched, copy, and unpin. So nothing is held between two calls, and each sees what all others have done.
/// </summary>
/// <remarks>
/// <para>
/// A cursor belongs to one thread, since it has the thread's <see cref="PinSlot"/>: to look that up again would take as
/// long as all the rest. A call of another thread does not use it. It is told by its stack, because two threads that
/// live at the same time have no page of stack in common. (A thread that gets the stack of one that has ended may use
/// its slot.)
/// </para>
/// <para>
/// The page is marked used when the cursor moves to it, not in each call. A write uses the cursor only where the page
/// is dirty already: then it makes nothing dirty that a limit would have to admit.
/// </para>
/// </remarks>
internal sealed unsafe class PageCursor
{
    private readonly FileState _file;
    private readonly PinSlot _pin;
    private readonly AppendMark _mark = new();

    // The thread's stack, and the pin's turn in which it was announced for this page.
    private nuint _stack;
    private long _turn = -1;

    // The page: where it begins, how many of its bytes are the file's, how many the file may have, and where the file's
    // valid bytes ended when the cursor came. A file becomes shorter only when its hit terms change.
    private long _start = long.MaxValue;
    private ulong _readable;
    private ulong _writable;
    private long _valid;
    private long _hitTerms = -1;

    private ExtentLeaf _leaf = ExtentLeaf.Nowhere;
    private long _section;
    private long _extent;
    private int _slot;
    private ulong _page;
    private byte* _address;

    private PageCursor(FileState file, PinSlot pin)
    {
        _file = file;
        _pin = pin;
    }

    /// <summary>
    /// Where the caller's stack is, in pages of the smallest size that systems have. A thread's calls from one place
    /// are in one of them, but for its edges.
    /// </summary>
    internal static nuint Stack
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte here;
            return (nuint)(&here) >> 12;
        }
    }

    /// <summary>
    /// Moves a cursor to a page that has just been read or written. Allocates where the last call came from another
    /// thread.
    /// </summary>
    /// <param name="cursor">The cursor, if there is one yet.</param>
    /// <param name="file">Its file.</param>
    /// <param name="mayRead">Whether its caller may read.</param>
    /// <param name="stack">Where the caller's stack is, in the frame in which it will ask for bytes.</param>
    /// <param name="offset">An offset in the page.</param>
    /// <param name="writtenTo">Where a write has ended that more may follow; 0 for none.</param>
    internal static void Move(
        ref PageCursor? cursor, FileState file, bool mayRead, nuint stack, long offset, long writtenTo)
    {
        // The terms first: if they change from here on, the cursor is of no use before the next move.
        long hitTerms = file.HitTerms;
        if (file.IsClosedToHits) return;
        var pin = Pins.Mine;
        var own = cursor;
        if (own is null || own._pin != pin) cursor = own = new PageCursor(file, pin);
        own.MoveTo(stack, offset);
        own._hitTerms = hitTerms;
        if (!mayRead) own._readable = 0;
        if (writtenTo == 0) own._writable = 0;
        else file.Sizes.TryBeginAppending(own._mark, writtenTo);
    }

    /// <summary>Takes no more writes before the next move: what they write has to be noted anew.</summary>
    internal void EndWriting() => _writable = 0;

    /// <summary>Reads one byte of the page.</summary>
    /// <param name="stack">Where the caller's stack is.</param>
    /// <param name="offset">The byte.</param>
    /// <returns>Its value; negative if it is not in the page, or the page may not be read now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int TryRead(nuint stack, long offset)
    {
        ulong inside = (ulong)(offset - _start);
        if (inside >= _readable || stack != _stack) return -1;
        var pin = Enter();
        int value = IsReadable ? _address[inside] : -1;
        pin.Leave();
        return value;
    }

    /// <summary>Reads bytes of the page, all or none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRead(nuint stack, long offset, Span<byte> destination)
    {
        ulong inside = (ulong)(offset - _start);
        if (inside > _readable || (ulong)destination.Length > _readable - inside || stack != _stack) return false;
        var pin = Enter();
        bool isHit = IsReadable;
        if (isHit)
        {
            PageCopy.Copy(new ReadOnlySpan<byte>(_address + inside, destination.Length), destination, (int)inside);
        }

        pin.Leave();
        return isHit;
    }

    /// <summary>Writes one byte of the page.</summary>
    /// <param name="stack">Where the caller's stack is.</param>
    /// <param name="offset">The byte.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False, and nothing was written, if it is not in the page, or the page may not be written now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryWrite(nuint stack, long offset, byte value)
    {
        ulong inside = (ulong)(offset - _start);
        if (inside >= _writable || stack != _stack || (offset >= _valid && LeavesGap(offset))) return false;
        var pin = Enter();
        if (!IsWritable)
        {
            pin.Leave();
            return false;
        }

        _address[inside] = value;
        Written(offset, offset + 1);
        pin.Leave();
        return true;
    }

    /// <summary>Writes bytes of the page, all or none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryWrite(nuint stack, long offset, ReadOnlySpan<byte> source)
    {
        ulong inside = (ulong)(offset - _start);
        if (inside > _writable || (ulong)source.Length > _writable - inside || stack != _stack
            || (offset + source.Length > _valid && LeavesGap(offset)))
            return false;
        var pin = Enter();
        if (!IsWritable)
        {
            pin.Leave();
            return false;
        }

        PageCopy.Copy(source, new Span<byte>(_address + inside, source.Length), (int)inside);
        Written(offset, offset + source.Length);
        pin.Leave();
        return true;
    }

    private bool IsReadable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_leaf.Readable(_slot) & _page) != PageMask.None && _file.HitTerms == _hitTerms;
    }

    private bool IsWritable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_leaf.Writable(_slot) & Volatile.Read(ref _leaf.Dirty(_slot)) & _page) != PageMask.None
            && _file.HitTerms == _hitTerms;
    }

    /// <summary>Announces the page, before it is checked: see <see cref="PinSlot"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PinSlot Enter()
    {
        var pin = _pin;
        if (pin.Turn == _turn) pin.EnterAgain(_section);
        else EnterAnew();
        return pin;
    }

    /// <summary>Another copy has used the slot since.</summary>
    private void EnterAnew()
    {
        _pin.Enter(_section, _extent, _page);
        _turn = _pin.Turn;
    }

    /// <summary>Whether a byte is the next to be appended, by this thread without a lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsNext(long offset) => offset == _mark.End && !_mark.IsStopped;

    /// <summary>Whether bytes that were never written would lie before a write.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool LeavesGap(long offset) => !IsNext(offset) && offset > _file.Sizes.ValidLength;

    /// <summary>The bytes are in the page: raises the length, and then marks the page, as every write does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Written(long offset, long end)
    {
        if (end > _valid && !(IsNext(offset) && _mark.TryRaise(end))) _file.Sizes.WroteUpTo(end);
        if ((Volatile.Read(ref _leaf.Dirty(_slot)) & _page) == PageMask.None) MarkDirty();
    }

    /// <summary>A write-back of the page has begun in the middle of the call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MarkDirty() => _leaf.At(_slot)?.MarkDirty(_page);

    private void MoveTo(nuint stack, long offset)
    {
        _stack = stack;
        _turn = -1;
        _extent = PageGeometry.ExtentOf(offset);
        _slot = ExtentLeaf.SlotOf(_extent);
        _leaf = _file.Extents.LeafOf(_extent) ?? ExtentLeaf.Nowhere;
        _section = _leaf.SectionId;
        _start = offset & -PageGeometry.PageBytes;
        _readable = BytesUpTo(_file.Sizes.Length);
        _writable = BytesUpTo(_file.LengthLimit);
        _valid = _file.Sizes.ValidLength;
        _page = PageGeometry.PagesOf(_extent, new ByteRange(offset, 1));
        _address = (byte*)_leaf.Address + ExtentLeaf.Inside(_start);
    }

    /// <summary>How many bytes the page has in a file of such a length.</summary>
    private ulong BytesUpTo(long length) => (ulong)Math.Clamp(length - _start, 0, PageGeometry.PageBytes);
}
