namespace Concord.Tests.Simulation;

/// <summary>The bytes of a store while pieces are put into it; it grows in large steps.</summary>
internal sealed class CrashImage(byte[] content)
{
    private byte[] _bytes = [.. content];

    internal int Length { get; private set; } = content.Length;

    internal void Put(CrashPiece piece)
    {
        if (piece.Length is { } length)
        {
            Reach((int)length);
            _bytes.AsSpan((int)length).Clear();
            Length = (int)length;
            return;
        }

        Reach((int)piece.Range.End);
        piece.Bytes.CopyTo(_bytes.AsSpan((int)piece.Offset));
        Length = Math.Max(Length, (int)piece.Range.End);
    }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    internal byte[] ToArray() => [.. Bytes];

    private void Reach(int end)
    {
        if (end > _bytes.Length) Array.Resize(ref _bytes, Math.Max(end, 2 * _bytes.Length));
    }
}
