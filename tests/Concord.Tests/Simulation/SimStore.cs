using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>
/// A store in memory that fails on demand and lets others run around each call. It keeps what a loss of power would
/// have left: the bytes that a barrier covered.
/// </summary>
internal sealed class SimStore(SimScheduler scheduler, byte[]? content = null) : BackingStore
{
    private byte[] _bytes = content ?? [];

    internal enum Call
    {
        Read,
        Write,
        Barrier,
        SetLength,
    }

    /// <summary>
    /// Asked before each call; a call for which it returns true fails. The number counts calls of all kinds.
    /// </summary>
    internal Func<Call, int, bool> Fails { get; set; } = static (_, _) => false;

    /// <summary>
    /// Whether a barrier that fails loses what no good one covers, lengths too; what was cut off stays so.
    /// </summary>
    internal bool Loses { get; init; }

    internal int Calls { get; private set; }

    internal Dictionary<Call, int> CallsOf { get; } = [];

    /// <summary>What is in the store now.</summary>
    internal byte[] Content
    {
        get => _bytes;
        set => _bytes = value;
    }

    /// <summary>What a good barrier covered last.</summary>
    internal byte[] Durable { get; private set; } = content?.ToArray() ?? [];

    /// <summary>Another program appends: for good, as far as this store knows.</summary>
    internal void AppendOutside(byte[] bytes)
    {
        _bytes = [.. _bytes, .. bytes];
        Durable = [.. _bytes];
    }

    /// <summary>Another program cuts it.</summary>
    internal void CutOutside(int length)
    {
        Array.Resize(ref _bytes, length);
        Durable = [.. _bytes];
    }

    /// <summary>Asked before each call: what the call waits for, or null.</summary>
    internal Func<Call, Signal?> Hangs { get; set; } = static _ => null;

    public override long GetLength() => _bytes.Length;

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        await BeginAsync(Call.Read);
        int count = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
        if (count > 0) _bytes.AsSpan((int)offset, count).CopyTo(destination.Span);
        await scheduler.YieldPointAsync();
        return count;
    }

    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        await BeginAsync(Call.Write);
        foreach (var piece in pieces)
        {
            if (offset + piece.Length > _bytes.Length) Array.Resize(ref _bytes, (int)offset + piece.Length);
            piece.Span.CopyTo(_bytes.AsSpan((int)offset));
            offset += piece.Length;
            await scheduler.YieldPointAsync();
        }
    }

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        byte[] covered = [.. _bytes];
        try
        {
            await BeginAsync(Call.Barrier);
        }
        catch (IOException) when (Loses)
        {
            _bytes = [.. Durable];
            throw;
        }

        Durable = covered;
        await scheduler.YieldPointAsync();
    }

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        await BeginAsync(Call.SetLength);
        Array.Resize(ref _bytes, (int)length);
        if (Loses && length < Durable.Length) Durable = Durable[..(int)length];
        await scheduler.YieldPointAsync();
    }

    private async ValueTask BeginAsync(Call call)
    {
        int number = ++Calls;
        CallsOf[call] = CallsOf.GetValueOrDefault(call) + 1;
        await scheduler.YieldPointAsync();
        if (Hangs(call) is { } hangs) await hangs.WaitAsync(CallMode.Async);
        if (Fails(call, number)) throw new IOException($"planted failure of {call} (call {number})");
    }
}
