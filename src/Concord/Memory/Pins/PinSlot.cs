using System.Runtime.InteropServices;

namespace Concord.Memory;

/// <summary>
/// The pages of one extent that one thread is copying right now. A hit announces itself here, checks the extent's mask,
/// copies, and leaves. The slot is the thread's own: other threads read it only to see who is still inside.
/// </summary>
/// <remarks>
/// The order "announce, then check" needs a full fence between the two, which a hit does not pay: whoever keeps hits
/// out pays for both with a fence on all processors (see <see cref="Pins"/>). A copy handles at most one extent at a
/// time, and never awaits inside.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 2 * CacheLineBytes)]
internal sealed class PinSlot
{
    // Apart by two lines, since processors fetch them in pairs.
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
    internal void Enter(long section, long extent, ulong pages)
    {
        // In order with the end of the copy before: whoever sees the new turn takes that copy for ended.
        Volatile.Write(ref _turn, _turn + 1);
        Volatile.Write(ref _extent, extent);
        Volatile.Write(ref _pages, pages);
        Volatile.Write(ref _section, section);
    }

    /// <summary>The copy has ended.</summary>
    internal void Leave() => Volatile.Write(ref _section, 0);

    /// <summary>What the thread is copying, in one consistent piece; a section of 0 means nothing.</summary>
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
