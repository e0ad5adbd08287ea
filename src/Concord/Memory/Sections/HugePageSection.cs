using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// A section whose whole blocks are collected into huge pages. It has no user views: a page that is punched out of a
/// huge page is zeros for a moment before it is gone, and a view, which does not look at masks, would show them.
/// </summary>
/// <remarks>
/// Huge pages are made where every page of a block is resident or claimed, and never by a touch, so that memory and
/// masks agree. Where the kernel cannot split a huge page at once (a device writes from it), the memory of a page that
/// is given back returns to the system with the last page of its block.
/// </remarks>
internal sealed class HugePageSection : Section
{
    private readonly SharedMemory _memory = SharedMemory.Create("concord section");

    // _gate owns both sets, and keeps memory from being given back while a block is
    // collected: the hole would be filled.
    private readonly Lock _gate = new();
    private readonly HashSet<long> _whole = [];
    private readonly HashSet<long> _collected = [];
    private bool _isClosed;

    internal override bool CanAlias => true;

    private protected override SharedMemory Backing => _memory;

    /// <summary>How many extents share a huge page.</summary>
    internal static int ExtentsPerBlock { get; } = (int)(HugePages.Bytes >> PageGeometry.ExtentShift);

    /// <summary>Bytes that lie in huge pages.</summary>
    internal long HugeBytes
    {
        get
        {
            lock (_gate) return _collected.Count * HugePages.Bytes;
        }
    }

    /// <summary>
    /// Collects a block at the second call that finds it whole: a block that stays only for a short time is not worth
    /// the copy.
    /// </summary>
    /// <param name="block">Its number; see <see cref="ExtentsPerBlock"/>.</param>
    /// <param name="isWhole">Whether every page of it is resident now.</param>
    /// <returns>Whether the kernel was asked, which takes up to some milliseconds.</returns>
    internal bool Collect(long block, Func<long, bool> isWhole)
    {
        lock (_gate)
        {
            if (_isClosed || _collected.Contains(block) || !isWhole(block)) return false;
            if (_whole.Add(block)) return false;
            if (HugePages.TryCollapse(AddressOf(block * HugePages.Bytes))) _collected.Add(block);
            return true;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A huge page of untouched memory costs less than its small pages, and a device fills it in one piece.
    /// </remarks>
    internal override void BackClaimed(ByteRange range)
    {
        for (long block = (
            range.Offset + HugePages.Bytes - 1) / HugePages.Bytes; (block + 1) * HugePages.Bytes <= range.End; block++)
        {
            lock (_gate)
            {
                if (!_collected.Contains(block) && HugePages.TryCollapse(AddressOf(block * HugePages.Bytes)))
                {
                    _collected.Add(block);
                }
            }
        }
    }

    internal override void GiveBack(ByteRange range)
    {
        lock (_gate)
        {
            for (long block = range.Offset / HugePages.Bytes; block * HugePages.Bytes < range.End; block++)
            {
                _whole.Remove(block);
                if (_collected.Remove(block)) HugePages.KeepSmall(AddressOf(block * HugePages.Bytes));
            }

            nint address = AddressOf(range.Offset);
            _ = SharedMemory.TryForgetOwn(address, range.Length);
            _memory.Punch(range.Offset, range.Length, address);
        }
    }

    internal override SectionAlias Alias(ByteRange range) => SectionAlias.Of(_memory, range);

    private protected override nint Reserve(long start, long length)
    {
        Grow(_memory, start, length);
        return _memory.MapForHugePages(start, length);
    }

    private protected override void Release(Window window)
    {
        lock (_gate)
        {
            _isClosed = true;
            _memory.Unmap(window.Address, window.Length);
        }
    }

    private protected override void Close() => _memory.Dispose();
}
