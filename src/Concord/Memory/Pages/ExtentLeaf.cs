using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Memory;

/// <summary>
/// Neighbouring extents of one file, and in packed arrays what a hit needs of each: the readable, the writable and the
/// dirty pages, and those that were used. A hit reads two words, and touches the extent only to mark a clean page
/// dirty. So the words that reads of a whole gigabyte need fit the processor's first-level cache.
/// </summary>
/// <remarks>
/// The masks belong to the extent in that place, and only its methods change them (<see cref="Extent"/>). Where there
/// is no extent they are empty. A leaf lies in one window of its section, so a byte's address is one addition.
/// </remarks>
internal sealed class ExtentLeaf
{
    /// <summary>
    /// Bytes of the file a leaf covers: few enough that a sparse file pays little, and a divisor of every window.
    /// </summary>
    private const int LeafBytesShift = 28;

    internal static readonly int Shift = LeafBytesShift - PageGeometry.ExtentShift;
    internal static readonly int Extents = 1 << Shift;

    private readonly Extent?[] _extents = new Extent?[Extents];
    private readonly ulong[] _readable = new ulong[Extents];
    private readonly ulong[] _writable = new ulong[Extents];
    private readonly ulong[] _dirty = new ulong[Extents];
    private readonly ulong[] _used = new ulong[Extents];

    // Which places have an extent.
    private readonly OccupancyBitmap _occupied = new(Extents);

    /// <summary>The leaf of retired extents: all masks are empty, and stay so.</summary>
    internal static readonly ExtentLeaf Nowhere = new();

    private ExtentLeaf()
    {
        // No memory: nothing is ever pinned or touched here.
    }

    /// <param name="number">Its place in the table.</param>
    /// <param name="memory">The memory.</param>
    /// <exception cref="OutOfMemoryException">There is no address space left for a window.</exception>
    internal ExtentLeaf(long number, IPageMemory memory)
    {
        SectionId = memory.Id;
        Address = memory.AddressOf(number << LeafBytesShift);
        Guard = memory.NewGuard(number << LeafBytesShift, 1L << LeafBytesShift);
    }

    /// <summary>The section's number in pins.</summary>
    internal long SectionId { get; }

    /// <summary>Where the leaf's first byte is in the system view.</summary>
    internal nint Address { get; }

    /// <summary>Controls which of its blocks may be touched; null where there is no memory.</summary>
    internal IBlockGuard? Guard { get; }

    /// <summary>How many extents it has.</summary>
    internal int Count { get; private set; }

    /// <summary>Where in its leaf a byte of the file lies.</summary>
    internal static int Inside(long offset) => (int)offset & ((1 << LeafBytesShift) - 1);

    /// <summary>The place of an extent in its leaf.</summary>
    internal static int SlotOf(long extent) => (int)extent & (Extents - 1);

    /// <summary>The extent in a place, or null.</summary>
    internal Extent? At(int slot) => Volatile.Read(ref Place(_extents, slot));

    /// <summary>
    /// The first extent in this place or a later one, or null; <paramref name="slot"/> is then its place.
    /// </summary>
    internal Extent? Next(ref int slot)
    {
        for (slot = _occupied.Next(slot); slot >= 0; slot = _occupied.Next(slot + 1))
        {
            if (At(slot) is { } extent) return extent;
        }

        return null;
    }

    /// <summary>Puts an extent into its place, or takes it out. Called with the table's lock held.</summary>
    internal void Put(int slot, Extent? extent)
    {
        Count += (extent is null ? 0 : 1) - (_extents[slot] is null ? 0 : 1);
        Volatile.Write(ref _extents[slot], extent);
        _occupied.Set(slot, extent is not null);
    }

    /// <summary>Pages that a hit may copy from: resident, not closing and not suspended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Readable(int slot) => Volatile.Read(ref Place(_readable, slot));

    /// <summary>Pages that a hit may change: readable, and not being written to the store.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Writable(int slot) => Volatile.Read(ref Place(_writable, slot));

    /// <summary>Changes what hits may do. Called with the extent's lock held.</summary>
    internal void Publish(int slot, ulong readable, ulong writable)
    {
        Volatile.Write(ref _readable[slot], readable);
        Volatile.Write(ref _writable[slot], writable);
    }

    /// <summary>The word of dirty pages, which hits set and the extent clears.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref ulong Dirty(int slot) => ref Place(_dirty, slot);

    /// <summary>
    /// Notes that pages were used. Writes only where a mark is not set, so that the cache line stays shared. The store
    /// is a plain one: marks that two threads set at once may be lost, and are set by the next use.
    /// </summary>
    internal void NoteUse(int slot, ulong pages)
    {
        ref ulong used = ref Place(_used, slot);
        if ((used & pages) != pages) used |= pages;
    }

    /// <summary>The marks of use, which hits set and the extent clears.</summary>
    internal ref ulong Used(int slot) => ref Place(_used, slot);

    /// <summary>
    /// An element whose index <see cref="SlotOf"/> has cut to the length of the arrays: no need to check it again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T Place<T>(T[] array, int slot) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), (uint)slot);
}
