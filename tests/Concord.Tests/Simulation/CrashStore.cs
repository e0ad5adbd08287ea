namespace Concord.Tests.Simulation;

/// <summary>The calls of a store that can be made to fail.</summary>
internal enum StoreCall
{
    Read,
    Write,
    Barrier,
    SetLength,
}

/// <summary>How a call of a store fails.</summary>
internal enum StoreFault
{
    None,

    /// <summary>Nothing was done.</summary>
    Refused,

    /// <summary>Half was done.</summary>
    Torn,

    /// <summary>Everything was done, and the answer is an error all the same.</summary>
    LateError,
}

/// <summary>What a store may get wrong, for the tests of the tests.</summary>
internal enum StoreLie
{
    None,

    /// <summary>Barriers report success and cover nothing.</summary>
    EmptyBarrier,

    /// <summary>Each barrier leaves one write out.</summary>
    BarrierForgetsOne,

    /// <summary>Copies below the store stay, whatever it is told.</summary>
    KeepsCopies,
}

/// <summary>
/// A store in memory that lets others run around each call, fails on demand, knows what a loss of power would leave,
/// and checks that the cache keeps what it promises to stores.
/// </summary>
internal sealed class CrashStore(SimScheduler scheduler, byte[] content) : BackingStore
{
    private readonly List<ByteRange> _writing = [];
    private long? _lengthInFlight;
    private readonly CrashImage _image = new(content);

    /// <summary>
    /// Asked before each call, with the number of the call among all and among those of its kind, from 1.
    /// </summary>
    internal Func<StoreCall, int, int, StoreFault> FaultOf { get; set; } = static (_, _, _) => StoreFault.None;

    /// <summary>Looks at what each write brings, when it begins.</summary>
    internal Action<IReadOnlyList<ReadOnlyMemory<byte>>>? OnWrite { get; set; }

    internal StoreLie Lie { get; init; }

    internal CrashLog Log { get; } = new(content);

    /// <summary>What a read sees now.</summary>
    internal ReadOnlySpan<byte> Content => _image.Bytes;

    internal int Calls { get; private set; }

    internal int[] CallsOf { get; } = new int[4];

    /// <summary>How many calls failed.</summary>
    internal int Failures { get; private set; }

    /// <summary>
    /// How many of those were reads. One that loads more than a caller asked for is made again in parts when it has
    /// failed, and need not be told.
    /// </summary>
    internal int FailedReads { get; private set; }

    /// <summary>The times of all writes, in ticks of the virtual clock.</summary>
    internal List<long> WriteTimes { get; } = [];

    /// <summary>The ranges of all writes that failed.</summary>
    internal List<ByteRange> FailedWrites { get; } = [];

    /// <summary>A promise to stores that the cache broke, or null.</summary>
    internal string? BrokenPromise { get; private set; }

    internal bool IsDisposed { get; private set; }

    internal void Heal() => FaultOf = static (_, _, _) => StoreFault.None;

    /// <summary>Somebody else changes the store.</summary>
    internal void Overwrite(long offset, byte[] bytes)
    {
        _image.Put(new CrashPiece(offset, bytes, Length: null));
        Log.Force(offset, bytes);
    }

    public override long GetLength() => _image.Length;

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        var fault = await BeginAsync(StoreCall.Read);
        cancellationToken.ThrowIfCancellationRequested();
        int count = (int)Math.Clamp(_image.Length - offset, 0, destination.Length);
        if (count > 0) _image.Bytes.Slice((int)offset, count).CopyTo(destination.Span);
        await scheduler.YieldPointAsync();
        cancellationToken.ThrowIfCancellationRequested();
        Answer(StoreCall.Read, fault);
        return count;
    }

    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        var range = new ByteRange(offset, pieces.Sum(static piece => (long)piece.Length));
        if (_writing.Exists(range.Overlaps)) BrokenPromise ??= $"two writes at {range}";
        if (range.End > _lengthInFlight)
            BrokenPromise ??= $"a write beyond the length {_lengthInFlight} while it is set";
        OnWrite?.Invoke(pieces);
        WriteTimes.Add(scheduler.Time.GetTimestamp());
        _writing.Add(range);
        var fault = await BeginAsync(StoreCall.Write);
        var begun = Log.BeginWrite(offset, pieces);
        await scheduler.YieldPointAsync();
        int done = fault switch { StoreFault.Refused => 0, StoreFault.Torn => (begun.Count + 1) / 2, _ => begun.Count };
        foreach (var piece in begun.Take(done)) _image.Put(piece);
        Log.Accept(begun.Take(done));
        Log.Refuse(begun.Skip(done));
        await scheduler.YieldPointAsync();
        _writing.Remove(range);
        if (fault != StoreFault.None) FailedWrites.Add(range);
        Answer(StoreCall.Write, fault);
    }

    public override async ValueTask DropCopiesAsync(ByteRange range, CancellationToken cancellationToken)
    {
        await scheduler.YieldPointAsync();
        if (Lie != StoreLie.KeepsCopies) Log.DropCopies(range);
        await scheduler.YieldPointAsync();
    }

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        var covered = Log.BeginBarrier();
        if (Lie == StoreLie.EmptyBarrier) covered.Clear();
        if (Lie == StoreLie.BarrierForgetsOne && covered.Count > 0) covered.RemoveAt(0);
        var fault = await BeginAsync(StoreCall.Barrier);
        await scheduler.YieldPointAsync();
        if (fault is StoreFault.None or StoreFault.LateError) Log.EndBarrier(covered);
        if (fault != StoreFault.None) Log.FailBarrier();
        Answer(StoreCall.Barrier, fault);
        await scheduler.YieldPointAsync();
    }

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        if (_lengthInFlight is not null) BrokenPromise ??= "two changes of length at once";
        if (_writing.Exists(range => range.End > length))
            BrokenPromise ??= $"a write beyond the length {length} while it is set";
        _lengthInFlight = length;
        var fault = await BeginAsync(StoreCall.SetLength);
        var begun = Log.BeginLength(length);
        await scheduler.YieldPointAsync();
        if (fault is StoreFault.None or StoreFault.LateError)
        {
            _image.Put(begun[0]);
            Log.Accept(begun);
        }
        else
        {
            Log.Refuse(begun);
        }

        await scheduler.YieldPointAsync();
        _lengthInFlight = null;
        Answer(StoreCall.SetLength, fault);
    }

    protected override void Dispose(bool disposing) => IsDisposed = true;

    private async ValueTask<StoreFault> BeginAsync(StoreCall call)
    {
        var fault = FaultOf(call, ++Calls, ++CallsOf[(int)call]);
        if (IsDisposed) BrokenPromise ??= $"{call} after the store was disposed";
        await scheduler.YieldPointAsync();
        return fault;
    }

    private void Answer(StoreCall call, StoreFault fault)
    {
        if (fault == StoreFault.None) return;
        Failures++;
        if (call == StoreCall.Read) FailedReads++;
        throw new IOException($"planted: {call} {fault}");
    }
}
