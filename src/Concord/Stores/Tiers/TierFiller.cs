using System.Buffers;
using Concord.Interop;
using static Concord.Stores.TierGeometry;

namespace Concord.Stores;

/// <summary>
/// Puts pages into a tier behind the backs of readers: they hand over copies, and what the queue has no room for is
/// dropped. Whatever goes wrong ends the filling, and what is in the tier already stays.
/// </summary>
/// <remarks>
/// The order on disk: records of blocks that are given away are erased, and that is durable; the new pages are written,
/// and that is durable; their records are written. So a record never stands beside bytes that are older than it or of
/// another block, whenever the machine dies; checksums are the second net.
/// </remarks>
internal sealed class TierFiller(TierFiles files, TierSlots slots)
{
    private const int QueuedBytesMax = 16 << 20, BatchBytesMax = 4 << 20;

    // _gate owns the queue and what is counted of it.
    private readonly Lock _gate = new();
    private readonly Queue<TierPiece> _queue = [];
    private TaskCompletionSource _batchEnded = NewEnd();
    private long _queuedBytes, _added, _done;
    private bool _isRunning, _isClosed;

    // _writing is held by who changes the files.
    private readonly Lock _writing = new();
    private long _bytesAdded, _bytesDropped;
    private volatile string? _failure;

    internal long BytesAdded => Volatile.Read(ref _bytesAdded);

    internal long BytesDropped => Volatile.Read(ref _bytesDropped);

    /// <summary>Why nothing is added any more; null while it is.</summary>
    internal string? Failure => _failure;

    /// <summary>Hands over a copy of whole pages of a block, or drops them. Does not wait.</summary>
    internal void Add(TierKey key, string name, long block, int firstPage, ReadOnlySpan<byte> bytes)
    {
        int count = (bytes.Length + PageBytes - 1) / PageBytes * PageBytes;
        int mask = Mask(firstPage, count / PageBytes);
        if (_failure is not null || (slots.PagesOf(key, block) & mask) == mask) return;
        if (!TryReserve(count))
        {
            Interlocked.Add(ref _bytesDropped, count);
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        bytes.CopyTo(buffer);

        // The end of the file lies inside the last page: zeros up to its end.
        buffer.AsSpan(bytes.Length, count - bytes.Length).Clear();
        lock (_gate)
        {
            _queue.Enqueue(new TierPiece(key, name, block, firstPage, buffer, count));
            _added++;
            if (_isRunning || _isClosed) return;
            _isRunning = true;
        }

        _ = FillAsync();
    }

    /// <summary>Waits until everything that was handed over before is in the tier, or was given up.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal async Task FlushAsync(CancellationToken cancellationToken)
    {
        long until;
        lock (_gate) until = _added;
        while (true)
        {
            Task ended;
            lock (_gate)
            {
                if (_done >= until) return;
                ended = _batchEnded.Task;
            }

            await ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets what waits and what is there. Blocks until the files are cut.</summary>
    /// <exception cref="IOException">A part may be left, and is whole.</exception>
    internal void Clear()
    {
        lock (_writing)
        {
            foreach (var piece in Take(long.MaxValue)) Return(piece);
            slots.Clear();
            files.Clear();
        }
    }

    /// <summary>Forgets blocks that are there, also on disk. Blocks until that is durable.</summary>
    /// <exception cref="IOException">A part may be left, and is whole.</exception>
    internal void Erase(Func<TierRecord, bool> isErased)
    {
        lock (_writing)
        {
            foreach (var (slot, record) in slots.Blocks.Where(block => isErased(block.Record)))
            {
                slots.Drop(new TierSlots.Pinned(slot, record, MustBeErased: false), record.Pages);
                files.WriteRecord(slot, null);
            }

            files.FlushIndex();
        }
    }

    /// <summary>Puts what waits into the tier, and takes no more. Blocks until that is done.</summary>
    internal void Close()
    {
        lock (_gate) _isClosed = true;
        lock (_writing)
        {
            while (Take(BatchBytesMax) is { Count: > 0 } batch) Store(batch);
            if (_failure is null) Try(files.FlushIndex);
        }
    }

    /// <summary>Runs on a thread of the pool until nothing waits.</summary>
    private async Task FillAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            lock (_writing)
            {
                var batch = Take(BatchBytesMax);
                if (batch.Count > 0) Store(batch);
            }

            lock (_gate)
            {
                if (_queue.Count > 0) continue;
                _isRunning = false;
                return;
            }
        }
    }

    private bool TryReserve(int bytes)
    {
        lock (_gate)
        {
            if (_isClosed || _queuedBytes + bytes > QueuedBytesMax) return false;
            _queuedBytes += bytes;
            return true;
        }
    }

    /// <summary>Takes pieces off the queue, the oldest first.</summary>
    private List<TierPiece> Take(long bytes)
    {
        var taken = new List<TierPiece>();
        lock (_gate)
        {
            while (bytes > 0 && _queue.TryDequeue(out var piece))
            {
                bytes -= piece.Count;
                taken.Add(piece);
            }
        }

        return taken;
    }

    private void Store(List<TierPiece> batch)
    {
        var claims = new Dictionary<(TierKey Key, long Block), Claim>();
        if (_failure is null) Try(() => Store(batch, claims));
        foreach (var claim in claims.Values) slots.Release(claim.Place);
        foreach (var piece in batch) Return(piece);
    }

    private void Store(List<TierPiece> batch, Dictionary<(TierKey Key, long Block), Claim> claims)
    {
        // Find a slot for each block; the index must not have a record of what was there, whatever happens next.
        foreach (var piece in batch)
        {
            if (claims.ContainsKey((piece.Key, piece.Block))) continue;
            if (slots.TryClaim(piece.Key, piece.Block) is not { } place) continue;
            claims.Add((piece.Key, piece.Block), new Claim(place, piece));
        }

        bool erases = false;
        foreach (var claim in claims.Values.Where(static claim => claim.Place.MustBeErased))
        {
            files.WriteRecord(claim.Place.Slot, null);
            erases = true;
        }

        if (erases) files.FlushIndex();

        // Write the pages that are not there yet.
        long bytes = 0;
        foreach (var piece in batch)
        {
            if (claims.TryGetValue((piece.Key, piece.Block), out var claim)) bytes += Write(piece, claim);
            else Interlocked.Add(ref _bytesDropped, piece.Count);
        }

        // Only now say that they are there.
        if (bytes == 0) return;
        files.FlushBlocks();
        foreach (var claim in claims.Values)
        {
            slots.NoteOnDisk(claim.Place.Slot);
            files.WriteRecord(claim.Place.Slot, claim.Record);
            slots.Publish(claim.Place, claim.Record);
        }

        Interlocked.Add(ref _bytesAdded, bytes);
    }

    /// <summary>Writes the runs of pages of a piece that its block has not.</summary>
    private long Write(in TierPiece piece, Claim claim)
    {
        long written = 0;
        int pages = piece.Count / PageBytes;
        for (int first = 0; first < pages;)
        {
            int run = 0;
            while (first + run < pages && (claim.Record.Pages & (1 << (piece.FirstPage + first + run))) == 0) run++;
            if (run == 0)
            {
                first++;
                continue;
            }

            var bytes = piece.Bytes.Slice(first * PageBytes, run * PageBytes);
            files.Write(claim.Place.Slot, piece.FirstPage + first, bytes);
            claim.Record = claim.Record.With(piece.FirstPage + first, bytes.Span);
            written += bytes.Length;
            first += run;
        }

        return written;
    }

    /// <summary>Whatever a disk does to the tier, readers have the store below.</summary>
    private void Try(Action call)
    {
        try
        {
            call();
        }
        catch (Exception error)
        {
            _failure = ShownText.Of(error);
        }
    }

    private void Return(in TierPiece piece)
    {
        ArrayPool<byte>.Shared.Return(piece.Buffer);
        TaskCompletionSource ended;
        lock (_gate)
        {
            _queuedBytes -= piece.Count;
            _done++;
            ended = _batchEnded;
            _batchEnded = NewEnd();
        }

        ended.SetResult();
    }

    private static TaskCompletionSource NewEnd() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A slot that is being filled, and what its record will be.</summary>
    private sealed class Claim(TierSlots.Pinned place, TierPiece piece)
    {
        internal TierSlots.Pinned Place { get; } = place;

        internal TierRecord Record { get; set; } = place.Record ?? new TierRecord(piece.Key, piece.Block, piece.Name);
    }
}
