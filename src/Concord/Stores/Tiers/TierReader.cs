using System.Buffers;
using static Concord.Stores.TierGeometry;

namespace Concord.Stores;

/// <summary>
/// Reads from a tier what is there and as it was written. Pages that cannot be read, or whose bytes do not agree with
/// their checksums, are forgotten. Safe for use by several threads; blocks until the disk has answered.
/// </summary>
internal sealed class TierReader(TierFiles files, TierSlots slots)
{
    private long _bytesRead;
    private long _pagesDamaged;

    internal long BytesRead => Volatile.Read(ref _bytesRead);

    internal long PagesDamaged => Volatile.Read(ref _pagesDamaged);

    /// <summary>Whether the page of an offset is there, by the index.</summary>
    internal bool Has(TierKey key, long offset) =>
        (slots.PagesOf(key, offset / BlockBytes) & Mask((int)(offset % BlockBytes) / PageBytes, 1)) != 0;

    /// <summary>Where the bytes begin that are there without a gap up to the end of a range, by the index.</summary>
    internal long TailOf(TierKey key, long offset, long end)
    {
        long tail = end;
        while (tail > offset)
        {
            // The last page before what was found already.
            long page = (tail - 1) / PageBytes;
            int mask = slots.PagesOf(key, page / PagesPerBlock);
            int inBlock = (int)(page % PagesPerBlock);
            int first = inBlock;
            while (first >= 0 && (mask & (1 << first)) != 0) first--;
            if (first == inBlock) break;
            tail = Math.Max(offset, (page - (inBlock - first - 1)) * PageBytes);
            if (first >= 0) break;
        }

        return tail;
    }

    /// <summary>Reads from the start of a range up to what is not there.</summary>
    /// <returns>How many bytes are good; the destination behind them may have been changed.</returns>
    internal int Read(TierKey key, long offset, Memory<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int inside = (int)((offset + done) % BlockBytes);
            int count = Math.Min(BlockBytes - inside, destination.Length - done);
            int read = ReadInBlock(key, (offset + done) / BlockBytes, inside, destination.Slice(done, count));
            done += read;
            if (read < count) break;
        }

        Interlocked.Add(ref _bytesRead, done);
        return done;
    }

    private int ReadInBlock(TierKey key, long block, int inside, Memory<byte> destination)
    {
        if (slots.TryPin(key, block) is not { Record: { } record } pinned) return 0;
        try
        {
            int done = 0;
            while (done < destination.Length)
            {
                int page = (inside + done) / PageBytes, within = (inside + done) % PageBytes;
                int whole = within > 0 ? 0 : WholePages(record, page, (destination.Length - done) / PageBytes);
                int read = whole > 0
                    ? ReadWhole(pinned, page, destination.Slice(done, whole * PageBytes))
                    : ReadPart(pinned, page, within, destination[done..]);
                done += read;
                if (read == 0 || read < whole * PageBytes) break;
            }

            return done;
        }
        finally
        {
            slots.Unpin(pinned.Slot);
        }
    }

    private static int WholePages(TierRecord record, int page, int most)
    {
        int whole = 0;
        while (whole < most && (record.Pages & (1 << (page + whole))) != 0) whole++;
        return whole;
    }

    private int ReadPart(in TierSlots.Pinned pinned, int page, int within, Memory<byte> destination)
    {
        if ((pinned.Record!.Pages & (1 << page)) == 0) return 0;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(PageBytes);
        try
        {
            if (ReadWhole(pinned, page, bytes.AsMemory(0, PageBytes)) == 0) return 0;
            int count = Math.Min(PageBytes - within, destination.Length);
            bytes.AsSpan(within, count).CopyTo(destination.Span);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <returns>How many bytes are good: those of the pages before the first that is not what was written.</returns>
    private int ReadWhole(in TierSlots.Pinned pinned, int page, Memory<byte> destination)
    {
        int pages = destination.Length / PageBytes, bad = 0;
        bool isRead = TryRead(pinned.Slot, page, destination);
        for (int i = 0; i < pages; i++)
        {
            bool isGood = isRead && pinned.Record!.Matches(page + i, destination.Span.Slice(i * PageBytes, PageBytes));
            if (!isGood) bad |= Mask(page + i, 1);
        }

        if (bad == 0) return destination.Length;
        slots.Drop(pinned, bad);
        Interlocked.Add(ref _pagesDamaged, int.PopCount(bad));
        return (int.TrailingZeroCount(bad) - page) * PageBytes;
    }

    private bool TryRead(int slot, int page, Memory<byte> destination)
    {
        try
        {
            return files.Read(slot, page, destination) == destination.Length;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The store below has the bytes.
            return false;
        }
    }
}
