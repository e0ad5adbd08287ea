using Concord.Stores;

namespace Concord;

/// <summary>A store in managed memory: for tests, samples, and files that never need to outlive the process.</summary>
/// <remarks>
/// Bytes are kept in pieces of 4 KiB that are made when they are first written, so that a sparse store takes only the
/// memory of what was written, and many small stores take little. Barriers have nothing to do. Safe for use by several
/// threads.
/// </remarks>
public sealed class MemoryStore : BackingStore
{
    private const int PieceBytes = 4 * 1024;

    // _gate owns _pieces, their bytes, and _length.
    private readonly Lock _gate = new();
    private readonly Dictionary<long, byte[]> _pieces = [];
    private long _length;

    /// <summary>Makes an empty store, or one that holds a copy of given bytes.</summary>
    /// <param name="content">The first bytes of the store.</param>
    public MemoryStore(ReadOnlySpan<byte> content = default)
    {
        if (!content.IsEmpty) WriteLocked(0, content);
    }

    /// <inheritdoc/>
    public override bool IsImmediate => true;

    /// <inheritdoc/>
    public override long GetLength()
    {
        lock (_gate) return _length;
    }

    /// <inheritdoc/>
    public override int Read(long offset, Memory<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (_gate)
        {
            int count = (int)Math.Clamp(_length - offset, 0, destination.Length);
            var span = destination.Span[..count];
            for (long at = offset; !span.IsEmpty;)
            {
                int inside = (int)(at % PieceBytes);
                int take = Math.Min(span.Length, PieceBytes - inside);
                if (_pieces.TryGetValue(at / PieceBytes, out byte[]? piece)) piece.AsSpan(inside, take).CopyTo(span);
                else span[..take].Clear();
                span = span[take..];
                at += take;
            }

            return count;
        }
    }

    /// <inheritdoc/>
    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        _ = this.EndOf(offset, pieces);
        lock (_gate)
        {
            foreach (var piece in pieces)
            {
                WriteLocked(offset, piece.Span);
                offset += piece.Length;
            }
        }
    }

    /// <summary>Does nothing: memory has no barrier. Does not block.</summary>
    public override void Barrier()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        lock (_gate)
        {
            if (length < _length) CutLocked(length);
            _length = length;
        }
    }

    private void WriteLocked(long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        _length = Math.Max(_length, offset + bytes.Length);
        while (!bytes.IsEmpty)
        {
            int inside = (int)(offset % PieceBytes);
            int take = Math.Min(bytes.Length, PieceBytes - inside);
            if (!_pieces.TryGetValue(offset / PieceBytes, out byte[]? piece))
            {
                _pieces.Add(offset / PieceBytes, piece = new byte[PieceBytes]);
            }

            bytes[..take].CopyTo(piece.AsSpan(inside));
            bytes = bytes[take..];
            offset += take;
        }
    }

    /// <summary>Drops bytes beyond <paramref name="length"/>, so that a later extension reads as zeros.</summary>
    private void CutLocked(long length)
    {
        foreach (long beyond in _pieces.Keys.Where(key => key * PieceBytes >= length).ToArray()) _pieces.Remove(beyond);
        if (_pieces.TryGetValue(length / PieceBytes, out byte[]? last)) last.AsSpan((int)(length % PieceBytes)).Clear();
    }
}
