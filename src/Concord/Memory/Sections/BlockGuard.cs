namespace Concord.Memory;

/// <summary>
/// Which blocks of a leaf's memory may be touched: those in which an extent has memory. Whoever walks over all memory
/// of the process (a dump, a lock of everything) would otherwise make pages of every address that a section reserves.
/// </summary>
/// <remarks>
/// By blocks and not by pages, since each block on its own costs two mappings of the process. A page that such a touch
/// makes inside an open block is found by asking the system what is there (<see cref="Section.FindPresent"/>).
/// </remarks>
/// <param name="section">Whose memory it is.</param>
/// <param name="start">The leaf's first byte in the file; a block's.</param>
/// <param name="length">Whole blocks.</param>
internal sealed class BlockGuard(Section section, long start, long length) : IBlockGuard
{
    /// <summary>
    /// Long enough that opening one costs little beside what it holds, and a huge page's length on most systems.
    /// </summary>
    private const long LeastBytes = 2L << 20;

    /// <summary>Bytes of a block: whole extents.</summary>
    internal static readonly long BlockBytes = Math.Max(LeastBytes, PageGeometry.ExtentBytes);

    private static readonly int ExtentsPerBlock = (int)(BlockBytes / PageGeometry.ExtentBytes);

    // Owned by the section's guard lock: how many extents of each block have memory.
    private readonly byte[] _users = new byte[length / BlockBytes];

    /// <inheritdoc/>
    public void Open(int slot)
    {
        int block = slot / ExtentsPerBlock;
        lock (section.GuardGate)
        {
            if (_users[block] == 0) section.OpenBlockLocked(RangeOf(block), -Neighbours(block));
            _users[block]++;
        }
    }

    /// <inheritdoc/>
    public void Close(int slot)
    {
        int block = slot / ExtentsPerBlock;
        lock (section.GuardGate)
        {
            if (--_users[block] == 0) section.CloseBlockLocked(RangeOf(block), Neighbours(block));
        }
    }

    private ByteRange RangeOf(int block) => new(start + (block * BlockBytes), BlockBytes);

    /// <summary>
    /// How many mappings more there are with a block closed than with it open: it parts its open neighbours, or stands
    /// alone.
    /// </summary>
    private int Neighbours(int block)
    {
        int open = (block > 0 && _users[block - 1] != 0 ? 1 : 0) + (block + 1 < _users.Length
            && _users[block + 1] != 0 ? 1 : 0);
        return (2 * open) - 2;
    }
}
