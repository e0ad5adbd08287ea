namespace Concord.Tests.Stores;

/// <summary>A store in memory that answers later, and whose blocking calls must not be made.</summary>
internal sealed class AsynchronousStore(byte[] content) : BackingStore
{
    // _gate owns _bytes.
    private readonly Lock _gate = new();
    private byte[] _bytes = [.. content];

    public override string Name => "asynchronous store";

    public override bool CanWrite => true;

    /// <summary>A change of length is made, and then told as failed.</summary>
    internal bool FailsAfterChange { get; set; }

    /// <summary>What the store's length waits for.</summary>
    internal Task? Holds { get; set; }

    /// <summary>A write takes half of its bytes, and fails.</summary>
    internal bool TakesHalf { get; set; }

    internal byte[] Content
    {
        get
        {
            lock (_gate) return [.. _bytes];
        }
    }

    public override long GetLength() => throw Refused(nameof(GetLength));

    public override int Read(long offset, Memory<byte> destination) => throw Refused(nameof(Read));

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) => throw Refused(nameof(Write));

    public override void Barrier() => throw Refused(nameof(Barrier));

    public override void SetLength(long length) => throw Refused(nameof(SetLength));

    public override void Refresh() => throw Refused(nameof(Refresh));

    public override async ValueTask RefreshAsync(CancellationToken cancellationToken) => await Task.Yield();

    public override async ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Holds is { } held) await held;
        lock (_gate) return _bytes.Length;
    }

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (_gate)
        {
            int count = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
            if (count > 0) _bytes.AsSpan((int)offset, count).CopyTo(destination.Span);
            return count;
        }
    }

    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        await Task.Yield();
        byte[] all = [.. pieces.SelectMany(static piece => piece.ToArray())];
        if (TakesHalf) all = all[..(all.Length / 2)];
        lock (_gate)
        {
            Array.Resize(ref _bytes, (int)Math.Max(_bytes.Length, offset + all.Length));
            all.CopyTo(_bytes, offset);
        }

        if (TakesHalf) throw new IOException("as asked");
    }

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken) => await Task.Yield();

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (_gate) Array.Resize(ref _bytes, (int)length);
        if (FailsAfterChange) throw new IOException("as asked");
    }

    private static InvalidOperationException Refused(string call) =>
        new($"an asynchronous call of the cache made the store's blocking {call}");
}
