namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>Bytes of any length, of which only those take memory that were written.</summary>
internal sealed class SparseBytes(byte[] content)
{
    private const int PartBytes = 1 << 16;

    private readonly Dictionary<long, byte[]> _parts = content.Chunk(PartBytes).Index()
        .ToDictionary(static one => (long)one.Index, static one => Whole(one.Item));

    internal long Length { get; private set; } = content.Length;

    internal void Read(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var (part, begin) = Math.DivRem(offset, PartBytes);
            int count = Math.Min(destination.Length, PartBytes - (int)begin);
            if (_parts.TryGetValue(part, out byte[]? bytes)) bytes.AsSpan((int)begin, count).CopyTo(destination);
            else destination[..count].Clear();
            destination = destination[count..];
            offset += count;
        }
    }

    internal void Write(long offset, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            var (part, begin) = Math.DivRem(offset, PartBytes);
            int count = Math.Min(source.Length, PartBytes - (int)begin);
            if (!_parts.TryGetValue(part, out byte[]? bytes)) _parts[part] = bytes = new byte[PartBytes];
            source[..count].CopyTo(bytes.AsSpan((int)begin));
            source = source[count..];
            offset += count;
        }
    }

    internal void SetLength(long length)
    {
        var (last, rest) = Math.DivRem(length, PartBytes);
        foreach (long part in _parts.Keys.Where(part => part > last).ToArray()) _parts.Remove(part);
        if (_parts.TryGetValue(last, out byte[]? bytes)) bytes.AsSpan((int)rest).Clear();
        Length = length;
    }

    internal byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        Read(0, bytes);
        return bytes;
    }

    private static byte[] Whole(byte[] part)
    {
        Array.Resize(ref part, PartBytes);
        return part;
    }
}
