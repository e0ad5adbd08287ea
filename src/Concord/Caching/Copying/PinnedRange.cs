using System.Runtime.CompilerServices;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// A hit: the pages of one piece of a copy, pinned and then found readable, or for a write writable, in a file that no
/// other call holds exclusively. From <see cref="TryPin"/> to <see cref="Unpin"/> they stay in memory and in place. A
/// hit makes no allocation and no system call, and takes no lock. It writes the thread's own pin slot, and two marks
/// where they are not set yet: that the pages were used and, for a write, that they are dirty.
/// </summary>
internal readonly unsafe ref struct PinnedRange
{
    private readonly PinSlot _pin;
    private readonly ExtentLeaf _leaf;
    private readonly byte* _address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PinnedRange(PinSlot pin, ExtentLeaf leaf, byte* address, ExtentSlice piece)
    {
        _pin = pin;
        _leaf = leaf;
        _address = address;
        Slice = piece;
    }

    /// <summary>The part of the copy that lies in one extent.</summary>
    internal ExtentSlice Slice { get; }

    /// <summary>The bytes of the piece, in place.</summary>
    internal Span<byte> Bytes => new(_address, Slice.Length);

    /// <summary>
    /// Pins the first piece of a copy and checks whether all its pages may be copied. The order is pin, then check: a
    /// call that drops pages closes them first, and then looks for pins.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the copy begins.</param>
    /// <param name="length">How many bytes it has; more than none.</param>
    /// <param name="forWriting">Whether the pages are to be changed.</param>
    /// <param name="hasHold">
    /// Whether the caller has the file's hold, and so need not ask whether hits are allowed.
    /// </param>
    /// <param name="pinned">The hit, to be unpinned.</param>
    /// <returns>Whether it is a hit; otherwise nothing is pinned.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryPin(
        FileState file, long offset, int length, bool forWriting, bool hasHold, out PinnedRange pinned)
    {
        var piece = ExtentSlice.Of(offset, length);
        if (file.Extents.LeafOf(piece.Extent) is not { } leaf)
        {
            pinned = default;
            return false;
        }

        // Announce the pages first, then check them: see PinSlot.
        int slot = ExtentLeaf.SlotOf(piece.Extent);
        var pin = Pins.Mine;
        pin.Enter(leaf.SectionId, piece.Extent, piece.Pages);
        ulong there = forWriting ? leaf.Writable(slot) : leaf.Readable(slot);
        if ((there & piece.Pages) == piece.Pages && (hasHold || !file.IsClosedToHits))
        {
            pinned = new PinnedRange(pin, leaf, (byte*)leaf.Address + ExtentLeaf.Inside(offset), piece);
            return true;
        }

        pin.Leave();
        pinned = default;
        return false;
    }

    /// <summary>The copy has ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Unpin()
    {
        _leaf.NoteUse(ExtentLeaf.SlotOf(Slice.Extent), Slice.Pages);
        _pin.Leave();
    }

    /// <summary>The copy has changed the pages: marks them dirty, then unpins them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void UnpinDirty()
    {
        int slot = ExtentLeaf.SlotOf(Slice.Extent);
        if ((Volatile.Read(ref _leaf.Dirty(slot)) & Slice.Pages) != Slice.Pages)
        {
            // No extent is there when the file was given up while a copy was stuck inside: its bytes were discarded.
            _leaf.At(slot)?.MarkDirty(Slice.Pages);
        }

        Unpin();
    }
}
