using Concord.Stores;
using static Concord.Stores.TierGeometry;

namespace Concord;

/// <summary>
/// A bounded place on a local disk that keeps copies of what slow stores were asked for, across restarts:
/// <see cref="TieredStore"/> reads through it. One tier serves any number of stores.
/// </summary>
/// <remarks>
/// <para>
/// The directory has two files, <c>concord-tier.index</c> and <c>concord-tier.blocks</c>, which only their owner may
/// read (mode 0600). They hold bytes of the stores, their names as messages show them, and hashes of what identifies a
/// version (<see cref="BackingStore.ContentKey"/>): no addresses with passwords or queries. Blocks are read and written
/// past the system's cache where the file system has direct I/O.
/// </para>
/// <para>
/// No byte of a tier is believed that does not agree with the checksum of its page (CRC-32C), in an index record with a
/// checksum of its own; the order of writes keeps older bytes from ever standing under a newer record. A process or
/// machine that dies at any moment, flipped bits, an unreadable or full disk cost copies: the bytes come from the
/// store below then.
/// </para>
/// <para>
/// Which block goes when the tier is full is chosen by CLOCK: what was read once more stays for another round.
/// In memory a tier takes about 200 bytes for each block of 64 KiB that it has.
/// </para>
/// <para>All members may be called by several threads at once.</para>
/// </remarks>
public sealed class DiskTier : IDisposable
{
    /// <summary>The smallest capacity: one block of 64 KiB.</summary>
    public const long MinCapacityBytes = BlockBytes;

    /// <summary>The largest capacity: 16 TiB.</summary>
    public const long MaxCapacityBytes = 16L << 40;

    private readonly TierFiles _files;
    private readonly TierSlots _slots;
    private readonly TierFiller _filler;
    private int _isDisposed;

    private DiskTier(string directory, TierFiles files, TierSlots slots)
    {
        Directory = directory;
        (_files, _slots) = (files, slots);
        _filler = new TierFiller(files, slots);
        Reader = new TierReader(files, slots);
    }

    /// <summary>
    /// Opens the tier in a directory, and makes both where there are none. What it has of earlier runs is there again;
    /// where the capacity is smaller than before, what lies beyond it goes. Blocks until the index is read.
    /// </summary>
    /// <param name="directory">The directory; made with mode 0700. Other users must not be able to write in it.</param>
    /// <param name="capacityBytes">
    /// The most bytes of blocks, from <see cref="MinCapacityBytes"/> to <see cref="MaxCapacityBytes"/>; whole blocks
    /// of 64 KiB count.
    /// </param>
    /// <returns>The tier; the caller disposes it after the stores that read through it.</returns>
    /// <exception cref="ArgumentException"><paramref name="directory"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is out of range.</exception>
    /// <exception cref="IOException">
    /// Another process uses the tier (the message names it where the system tells), other users may write in the
    /// directory, or the files cannot be opened; nothing has changed.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    public static DiskTier Open(string directory, long capacityBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (capacityBytes is < MinCapacityBytes or > MaxCapacityBytes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(capacityBytes), capacityBytes,
                $"it must be from {MinCapacityBytes} to {MaxCapacityBytes} bytes");
        }

        string path = Path.GetFullPath(directory);
        var slots = new TierSlots((int)(capacityBytes / BlockBytes));
        var files = TierFiles.Open(path, slots.Count);
        try
        {
            foreach (var (slot, record) in files.Records())
            {
                if (slot < slots.Count) slots.Restore(slot, record);
            }

            return new DiskTier(path, files, slots);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The directory's full path.</summary>
    public string Directory { get; }

    /// <summary>What the tier has and did. Does not block.</summary>
    public DiskTierStatistics GetCurrentStatistics()
    {
        var (blocks, pages) = _slots.Totals;
        return new DiskTierStatistics
        {
            CapacityBytes = (long)_slots.Count * BlockBytes,
            HeldBytes = pages * PageBytes,
            Blocks = blocks,
            BytesRead = Reader.BytesRead,
            BytesAdded = _filler.BytesAdded,
            BytesDropped = _filler.BytesDropped,
            PagesDamaged = Reader.PagesDamaged,
            FillFailure = _filler.Failure,
        };
    }

    /// <summary>
    /// Waits until everything that was read from stores before this call is in the tier, or was given up because its
    /// disk failed (<see cref="DiskTierStatistics.FillFailure"/>). Nobody has to call it.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the filling goes on.</param>
    /// <exception cref="ObjectDisposedException">The tier is disposed.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return _filler.FlushAsync(cancellationToken);
    }

    /// <summary>Drops all copies. Blocks until the files are cut.</summary>
    /// <exception cref="ObjectDisposedException">The tier is disposed.</exception>
    /// <exception cref="IOException">A part of the copies may be left, as good as before.</exception>
    public void Clear()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        _filler.Clear();
    }

    /// <summary>
    /// Puts what waits into the tier and closes its files. Blocks until that is done. Stores that still read through it
    /// read from below from then on.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _filler.Close();
        _slots.Clear();
        _files.Dispose();
    }

    internal TierReader Reader { get; }

    /// <summary>What is there of each block.</summary>
    internal IEnumerable<TierRecord> Blocks => _slots.Blocks.Select(static block => block.Record);

    /// <summary>How many bytes are there of a range of a version.</summary>
    internal long CountHeld(string contentKey, ByteRange range)
    {
        var key = TierKey.Of(contentKey);
        long held = 0;
        foreach (var record in Blocks.Where(record => record.Key == key))
        {
            for (int page = 0; page < PagesPerBlock; page++)
            {
                if ((record.Pages & Mask(page, 1)) == 0) continue;
                long offset = (record.Block * BlockBytes) + (page * PageBytes);
                held += new ByteRange(offset, PageBytes).Intersect(range).Length;
            }
        }

        return held;
    }

    /// <summary>Drops what is there of files with a name, in whatever version. Blocks until that is durable.</summary>
    /// <exception cref="IOException">A part may be left, as good as before.</exception>
    internal void Clear(string name)
    {
        string shortName = TierRecord.ShortNameOf(name);
        _filler.Erase(record => record.Name == shortName);
    }

    /// <summary>Hands over a copy of bytes that a store has just answered: their whole pages. Does not wait.</summary>
    /// <param name="key">The version whose bytes they are.</param>
    /// <param name="name">The store's name in messages.</param>
    /// <param name="offset">Where they begin.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="length">The length of the version: its last page may be short.</param>
    internal void Add(TierKey key, string name, long offset, ReadOnlySpan<byte> bytes, long length)
    {
        long end = offset + bytes.Length;
        long start = (offset + PageBytes - 1) / PageBytes * PageBytes;
        if (end < length) end = end / PageBytes * PageBytes;
        while (start < end)
        {
            long block = start / BlockBytes;
            long upTo = Math.Min(end, (block + 1) * BlockBytes);
            var part = bytes.Slice((int)(start - offset), (int)(upTo - start));
            _filler.Add(key, name, block, (int)(start % BlockBytes) / PageBytes, part);
            start = upTo;
        }
    }

    private bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;
}
