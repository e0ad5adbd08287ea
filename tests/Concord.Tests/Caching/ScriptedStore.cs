namespace Concord.Tests.Caching;

/// <summary>
/// A store in memory for real threads: it logs each call, fails those it is told to fail, and lets a test step in
/// before and after each.
/// </summary>
internal sealed class ScriptedStore(byte[]? content = null) : BackingStore
{
    // _gate owns _bytes and _log.
    private readonly Lock _gate = new();
    private readonly List<StoreCall> _log = [];
    private byte[] _bytes = content?.ToArray() ?? [];
    private int _inFlight;

    public override string Name => "scripted store";

    public override IReadOnlyCollection<ICoherentFile> FilesBelow => SaysItIsLowest ? [] : base.FilesBelow;

    /// <summary>Whether it says that it is built on no file.</summary>
    internal bool SaysItIsLowest { get; init; } = true;

    /// <summary>Asked before each call; what it returns is thrown.</summary>
    internal Func<StoreCall, Exception?> Fails { get; set; } = static _ => null;

    /// <summary>Runs before a call takes effect, on the caller's thread.</summary>
    internal Action<StoreCall> Before { get; set; } = static _ => { };

    /// <summary>Runs after a call took effect and before it returns, on the caller's thread.</summary>
    internal Action<StoreCall> After { get; set; } = static _ => { };

    /// <summary>What asynchronous reads wait for after they have taken their bytes.</summary>
    internal Func<Task> ReadsEnd { get; set; } = static () => Task.CompletedTask;

    /// <summary>Whether calls are kept; a long run does without.</summary>
    internal bool IsLogging { get; init; } = true;

    /// <summary>Calls that have begun and not ended.</summary>
    internal int InFlight => Volatile.Read(ref _inFlight);

    internal byte[] Content
    {
        get
        {
            lock (_gate) return [.. _bytes];
        }
    }

    internal IReadOnlyList<StoreCall> Reads => Calls(StoreCallKind.Read);

    internal IReadOnlyList<StoreCall> Writes => Calls(StoreCallKind.Write);

    internal IReadOnlyList<StoreCall> Barriers => Calls(StoreCallKind.Barrier);

    /// <summary>All calls, in the order in which they began.</summary>
    internal IReadOnlyList<StoreCall> AllCalls
    {
        get
        {
            lock (_gate) return [.. _log];
        }
    }

    internal int CallCount
    {
        get
        {
            lock (_gate) return _log.Count;
        }
    }

    /// <summary>Changes the store behind the cache's back.</summary>
    internal void Put(long offset, params ReadOnlySpan<byte> bytes)
    {
        lock (_gate) PutLocked(offset, bytes);
    }

    internal void ForgetCalls()
    {
        lock (_gate) _log.Clear();
    }

    public override long GetLength()
    {
        lock (_gate) return _bytes.Length;
    }

    public override int Read(long offset, Memory<byte> destination) =>
        Do(new StoreCall(StoreCallKind.Read, offset, destination.Length), () =>
        {
            int count = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
            if (count > 0) _bytes.AsSpan((int)offset, count).CopyTo(destination.Span);
            return count;
        });

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count = Read(offset, destination);
        await ReadsEnd().WaitAsync(cancellationToken);
        return count;
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
        Do(new StoreCall(StoreCallKind.Write, offset, pieces.Sum(static piece => piece.Length)), () =>
        {
            long at = offset;
            foreach (var piece in pieces)
            {
                PutLocked(at, piece.Span);
                at += piece.Length;
            }

            return 0;
        });

    public override void Barrier() => Do(new StoreCall(StoreCallKind.Barrier), static () => 0);

    /// <summary>Kept, and nothing else: it has no effect, and does not fail.</summary>
    public override void AnnounceBarrier(ByteRange range) =>
        Keep(new StoreCall(StoreCallKind.Announcement, range.Offset, (int)range.Length));

    public override void SetLength(long length) =>
        Do(new StoreCall(StoreCallKind.SetLength, length), () =>
        {
            Array.Resize(ref _bytes, (int)length);
            return 0;
        });

    private int Do(StoreCall call, Func<int> effect)
    {
        Interlocked.Increment(ref _inFlight);
        try
        {
            Keep(call);
            Before(call);
            if (Fails(call) is { } error) throw error;
            int result;
            lock (_gate) result = effect();
            After(call);
            return result;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private void Keep(StoreCall call)
    {
        if (!IsLogging) return;
        lock (_gate) _log.Add(call);
    }

    private IReadOnlyList<StoreCall> Calls(StoreCallKind kind)
    {
        lock (_gate) return [.. _log.Where(call => call.Kind == kind)];
    }

    private void PutLocked(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset + bytes.Length > _bytes.Length) Array.Resize(ref _bytes, (int)offset + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan((int)offset));
    }
}
