namespace Concord.Tests.Caching;

/// <summary>
/// A store in memory whose asynchronous reads end when the test says so, on the test's thread. It knows what it takes
/// at a time.
/// </summary>
internal sealed class GatedStore(byte[] content) : BackingStore
{
    private readonly List<Request> _waiting = [];

    public override string Name => "gated store";

    public override int MaxConcurrentRequests => Requests;

    public override int MaxRequestBytes => RequestBytes;

    public override int BestRequestBytes => GoodBytes;

    public override bool CanWrite => false;

    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

    internal int Requests { get; init; } = 8;

    internal int RequestBytes { get; init; } = 16 << 20;

    internal int GoodBytes { get; init; } = 1 << 20;

    /// <summary>Asked when a read ends; what it returns is thrown.</summary>
    internal Func<ByteRange, Exception?> Fails { get; set; } = static _ => null;

    /// <summary>Looks whenever a read begins.</summary>
    internal Action Begins { get; set; } = static () => { };

    /// <summary>All reads, in the order in which they began.</summary>
    internal List<ByteRange> Reads { get; } = [];

    internal int InFlight => _waiting.Count;

    internal int InFlightMost { get; private set; }

    public override long GetLength() => content.Length;

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var request = new Request(new ByteRange(offset, destination.Length), new TaskCompletionSource());
        Reads.Add(request.Range);
        _waiting.Add(request);
        InFlightMost = Math.Max(InFlightMost, InFlight);
        Begins();
        try
        {
            await request.Over.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _waiting.Remove(request);
        }

        if (Fails(request.Range) is { } error) throw error;
        int count = (int)Math.Clamp(content.Length - offset, 0, destination.Length);
        content.AsSpan((int)offset, count).CopyTo(destination.Span);
        return count;
    }

    /// <summary>Ends the request that began last, or first.</summary>
    internal void EndOne(bool last = false) => (last ? _waiting[^1] : _waiting[0]).Over.SetResult();

    private sealed record Request(ByteRange Range, TaskCompletionSource Over);
}
