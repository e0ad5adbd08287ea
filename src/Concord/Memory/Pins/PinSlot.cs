using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Memory;

/// <summary>
/// The pages of one extent that one thread is copying from or to now. A hit announces itself here, checks the extent's
/// mask, copies, and leaves. Each thread writes only its own slot; other threads read it to see whether its copy has
/// ended.
/// </summary>
/// <remarks>
/// The order "announce, then check" needs a full fence between the two, which a hit does not pay for: the call that
/// keeps hits out pays, with a fence on all processors (see <see cref="Pins"/>). A copy handles at most one extent at a
/// time, and never awaits inside.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 2 * CacheLineBytes)]
internal sealed class PinSlot
{
    // Two lines a slot, since processors fetch lines in pairs.
    private const int CacheLineBytes = 64;

    [FieldOffset(0)]
    private long _section;

    [FieldOffset(8)]
    private long _extent;

    [FieldOffset(16)]
    private ulong _pages;

    [FieldOffset(24)]
    private long _turn;

    /// <summary>Announces a copy from or to pages of one extent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Enter(long section, long extent, ulong pages)
    {
        // Written in order: a thread that sees the new turn concludes that the copy before has ended.
        Volatile.Write(ref _turn, _turn + 1);
        Volatile.Write(ref _extent, extent);
        Volatile.Write(ref _pages, pages);
        Volatile.Write(ref _section, section);
    }

    /// <summary>Changes with each <see cref="Enter"/>.</summary>
    internal long Turn => _turn;

    /// <summary>
    /// Announces a further copy from or to the pages of the last <see cref="Enter"/>, whose <see cref="Turn"/> the
    /// caller has seen unchanged. A thread that waits for the copy before finds the slot empty in between, at the
    /// latest when the pages have been closed, since the next copy fails then.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EnterAgain(long section) => Volatile.Write(ref _section, section);

    /// <summary>The copy has ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Leave() => Volatile.Write(ref _section, 0);

    /// <summary>A consistent snapshot of what the thread is copying; section 0 means that it copies nothing.</summary>
    internal (long Section, long Extent, ulong Pages, long Turn) Look()
    {
        while (true)
        {
            long turn = Volatile.Read(ref _turn);
            long section = Volatile.Read(ref _section);
            long extent = Volatile.Read(ref _extent);
            ulong pages = Volatile.Read(ref _pages);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _section) == section && Volatile.Read(ref _turn) == turn)
            {
                return (section, extent, pages, turn);
            }
        }
    }
}
