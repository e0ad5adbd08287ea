namespace Concord.Stores.AzureBlobs;

/// <summary>Bytes in pieces, one behind the other.</summary>
internal sealed class GatheredBytes(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
{
    private int _piece, _used;

    /// <summary>How many there are, those that were taken too.</summary>
    internal long Count { get; } = pieces.Sum(static piece => (long)piece.Length);

    /// <summary>Takes the next bytes, as many as there is room for.</summary>
    internal void Take(Span<byte> room)
    {
        while (room.Length > 0)
        {
            var rest = pieces[_piece].Span[_used..];
            int count = Math.Min(rest.Length, room.Length);
            rest[..count].CopyTo(room);
            room = room[count..];
            _used += count;
            if (_used < pieces[_piece].Length) continue;
            _piece++;
            _used = 0;
        }
    }
}
