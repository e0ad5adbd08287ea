namespace Concord.Memory;

/// <summary>
/// Controls which blocks of a leaf's memory may be touched: those in which an extent has memory. Otherwise a walk over
/// all memory of the process (a dump, a lock of all memory) would make pages at every address that a section reserves.
/// </summary>
/// <remarks>
/// It controls blocks and not pages, since each separate block costs two mappings of the process. A page that such a
/// touch makes inside an open block is found by asking the system which pages are present
/// (<see cref="Section.FindPresent"/>).
/// </remarks>
/// <param name="section">The section that the memory belongs to.</param>
/// <param name="start">The leaf's first byte in the file; a block begins there.</param>
/// <param name="length">Whole blocks.</param>
internal sealed class BlockGuard(Section section, long start, long length) : IBlockGuard
{
    /// <summary>
    /// So long that opening a block costs little beside filling it, and the length of a huge page on most systems.
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
    /// How many more mappings there are with a block closed than with it open: a closed block separates its open
    /// neighbours, an open one may have none.
    /// </summary>
    private int Neighbours(int block)
    {
        int open = (block > 0 && _users[block - 1] != 0 ? 1 : 0) + (block + 1 < _users.Length
            && _users[block + 1] != 0 ? 1 : 0);
        return (2 * open) - 2;
    }
}
