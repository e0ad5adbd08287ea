using System.Buffers;

namespace Concord.Cli.Remote;

/// <summary>Reads a range of a store in order, with several pieces under way, and hands them over one by one.</summary>
internal static class PieceReader
{
    private const int PieceBytes = 1 << 20, PiecesAtATime = 8;

    /// <summary>Reads the range.</summary>
    /// <param name="store">The store.</param>
    /// <param name="range">The bytes; the store has them.</param>
    /// <param name="take">Gets each piece, in order.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="IOException">A piece could not be read, or the store has become shorter.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static async Task ReadAsync(
        BackingStore store, ByteRange range, Func<ReadOnlyMemory<byte>, Task> take, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Queue<Piece>();
        try
        {
            for (long next = range.Offset; next < range.End || underWay.Count > 0;)
            {
                while (next < range.End && underWay.Count < PiecesAtATime)
                {
                    // Pieces end at multiples of their length, so that a tier gets whole pages of them.
                    int count = (int)Math.Min(range.End - next, PieceBytes - (next % PieceBytes));
                    underWay.Enqueue(Piece.Begin(store, next, count, ended.Token));
                    next += count;
                }

                Piece piece = underWay.Peek();
                await take(await piece.WholeAsync().ConfigureAwait(false)).ConfigureAwait(false);
                underWay.Dequeue().Return();
            }
        }
        finally
        {
            // No read may be under way in memory that somebody else gets.
            await ended.CancelAsync().ConfigureAwait(false);
            foreach (Piece piece in underWay)
            {
                await piece.EndAsync().ConfigureAwait(false);
                piece.Return();
            }
        }
    }

    private sealed class Piece
    {
        private readonly byte[] _buffer;
        private readonly long _offset;
        private readonly int _count;
        private Task<int> _read = Task.FromResult(0);

        private Piece(long offset, int count)
        {
            (_offset, _count) = (offset, count);
            _buffer = ArrayPool<byte>.Shared.Rent(count);
        }

        internal static Piece Begin(BackingStore store, long offset, int count, CancellationToken cancellationToken)
        {
            var piece = new Piece(offset, count);
            piece._read = store.ReadAsync(offset, piece._buffer.AsMemory(0, count), cancellationToken).AsTask();
            return piece;
        }

        internal async Task<ReadOnlyMemory<byte>> WholeAsync()
        {
            int count = await _read.ConfigureAwait(false);
            return count == _count
                ? _buffer.AsMemory(0, count)
                : throw new IOException($"it ends at {_offset + count}, where it was longer before");
        }

        /// <summary>Waits until the read has ended, however.</summary>
        internal async Task EndAsync() => _ = await Task.WhenAny(_read).ConfigureAwait(false);

        internal void Return() => ArrayPool<byte>.Shared.Return(_buffer);
    }
}
