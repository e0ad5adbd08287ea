namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// A store in a file of a cache, as an encryption or an image has it: the bytes are changed, but for zeros, and lie
/// behind a header, so that pages of one are parts of two pages of the other.
/// </summary>
/// <param name="below">The file; closed with the store.</param>
internal sealed class StackedStore(CachedFile below) : BackingStore
{
    /// <summary>Where the first byte lies.</summary>
    internal const int Header = 700;

    // Their product is 1, of bytes.
    private const byte Key = 3, Inverse = 171;

    public override string Name => $"{GetType().Name} in {below.Name}";

    internal static void Decode(Span<byte> bytes)
    {
        foreach (ref byte one in bytes) one *= Inverse;
    }

    private static byte[] Coded(ReadOnlySpan<byte> bytes)
    {
        byte[] coded = bytes.ToArray();
        foreach (ref byte one in coded.AsSpan()) one *= Key;
        return coded;
    }

    public override long GetLength() => Math.Max(0, below.Length - Header);

    public override int Read(long offset, Memory<byte> destination)
    {
        int count = below.Read(Header + offset, destination.Span);
        Decode(destination.Span[..count]);
        return count;
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
        {
            below.Write(Header + offset, Coded(piece.Span));
            offset += piece.Length;
        }
    }

    public override void Barrier() => below.Flush();

    public override void SetLength(long length) => below.SetLength(Header + length);

    protected override void Dispose(bool disposing)
    {
        if (disposing) below.Close();
    }

    /// <summary>The same with asynchronous forms only.</summary>
    internal sealed class Async(CachedFile below) : BackingStore
    {
        public override string Name => $"asynchronous store in {below.Name}";

        public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
            new(Math.Max(0, below.Length - Header));

        public override async ValueTask<int> ReadAsync(
            long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            int count = await below.ReadAsync(Header + offset, destination, cancellationToken);
            Decode(destination.Span[..count]);
            return count;
        }

        public override async ValueTask WriteAsync(
            long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
        {
            foreach (var piece in pieces)
            {
                await below.WriteAsync(Header + offset, Coded(piece.Span), cancellationToken);
                offset += piece.Length;
            }
        }

        public override async ValueTask BarrierAsync(CancellationToken cancellationToken) =>
            await below.FlushAsync(cancellationToken);

        public override ValueTask SetLengthAsync(long length, CancellationToken cancellationToken) =>
            below.SetLengthAsync(Header + length, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing) below.Close();
        }
    }
}
