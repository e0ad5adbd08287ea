using System.Buffers;

namespace Concord.Nt;

/// <summary>
/// A file system's own way to its disk as a store of the cache. Its length is what the cache was told and what was
/// written; the file system is not asked for it.
/// </summary>
internal sealed class CallbackStore(CONCORD_STORE calls, nint context, long length, string name) : BackingStore
{
    // _gate owns everything below. Pulsed when the last call under way has ended.
    private readonly object _gate = new();
    private long _length = length;
    private int _underWay;
    private bool _isDetached;

    public override string Name { get; } = name;

    public override bool CanWrite => (calls.Flags & CONCORD_STORE.CONCORD_STORE_READ_ONLY) == 0;

    /// <summary>A routine's caller may hold the file system's locks, which belong to threads.</summary>
    internal override bool KeepsThread => true;

    /// <summary>Whether it calls the same routines with the same context.</summary>
    internal bool Is(CONCORD_STORE other, nint otherContext) => calls.Is(other) && context == otherContext;

    public override long GetLength()
    {
        lock (_gate) return _length;
    }

    public override int Read(long offset, Memory<byte> destination)
    {
        using var call = Enter();
        using var bytes = destination.Pin();
        return CountOf(Result(BeginRead(offset, destination.Length, bytes)), destination.Length);
    }

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var call = Enter();
        using var bytes = destination.Pin();
        var ended = await BeginRead(offset, destination.Length, bytes).Ended.ConfigureAwait(false);
        return CountOf(ended, destination.Length);
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        using var call = Enter();
        foreach (var piece in pieces)
        {
            using var bytes = piece.Pin();
            ThrowIfFailed("Write", Result(BeginWrite(offset, piece.Length, bytes)).Status);
            offset += piece.Length;
            NoteWritten(offset);
        }
    }

    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var call = Enter();
        foreach (var piece in pieces)
        {
            using var bytes = piece.Pin();
            var ended = await BeginWrite(offset, piece.Length, bytes).Ended.ConfigureAwait(false);
            ThrowIfFailed("Write", ended.Status);
            offset += piece.Length;
            NoteWritten(offset);
        }
    }

    public override void Barrier()
    {
        if (!HasFlush) return;
        using var call = Enter();
        ThrowIfFailed("Flush", Result(BeginFlush()).Status);
    }

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!HasFlush) return;
        using var call = Enter();
        var ended = await BeginFlush().Ended.ConfigureAwait(false);
        ThrowIfFailed("Flush", ended.Status);
    }

    public override void SetLength(long length)
    {
        if (HasSetLength)
        {
            using var call = Enter();
            ThrowIfFailed("SetLength", Result(BeginSetLength(length)).Status);
        }

        lock (_gate) _length = length;
    }

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (HasSetLength)
        {
            using var call = Enter();
            var ended = await BeginSetLength(length).Ended.ConfigureAwait(false);
            ThrowIfFailed("SetLength", ended.Status);
        }

        lock (_gate) _length = length;
    }

    /// <summary>No call is made any more. Returns when those under way have ended.</summary>
    internal void Detach()
    {
        lock (_gate)
        {
            _isDetached = true;
            while (_underWay > 0) Monitor.Wait(_gate);
        }
    }

    private unsafe bool HasFlush => calls.Flush is not null;

    private unsafe bool HasSetLength => calls.SetLength is not null;

    private CallUnderWay Enter()
    {
        lock (_gate)
        {
            if (_isDetached) throw new IOException($"{Name} was detached from its file system");
            _underWay++;
        }

        return new CallUnderWay(this);
    }

    private unsafe StoreRequest BeginRead(long offset, int length, MemoryHandle bytes)
    {
        var request = new StoreRequest();
        var result = default(IO_STATUS_BLOCK);
        var status = calls.Read((void*)context, new LARGE_INTEGER { QuadPart = offset }, (uint)length, bytes.Pointer,
            &result, request.Handle);
        request.Returned(status, result.Information);
        return request;
    }

    private unsafe StoreRequest BeginWrite(long offset, int length, MemoryHandle bytes)
    {
        var request = new StoreRequest();
        var result = default(IO_STATUS_BLOCK);
        var status = calls.Write((void*)context, new LARGE_INTEGER { QuadPart = offset }, (uint)length, bytes.Pointer,
            &result, request.Handle);
        request.Returned(status, result.Information);
        return request;
    }

    private unsafe StoreRequest BeginFlush()
    {
        var request = new StoreRequest();
        request.Returned(calls.Flush((void*)context, request.Handle), 0);
        return request;
    }

    private unsafe StoreRequest BeginSetLength(long length)
    {
        var request = new StoreRequest();
        request.Returned(
            calls.SetLength((void*)context, new LARGE_INTEGER { QuadPart = length }, request.Handle), 0);
        return request;
    }

    private static (NTSTATUS Status, nuint Information) Result(StoreRequest request) =>
        request.Ended.GetAwaiter().GetResult();

    private int CountOf((NTSTATUS Status, nuint Information) ended, int length)
    {
        if (ended.Status == NTSTATUS.STATUS_END_OF_FILE) return 0;
        ThrowIfFailed("Read", ended.Status);
        return ended.Information <= (nuint)length
            ? (int)ended.Information
            : throw new IOException($"{Name} says that it has read {ended.Information} of {length} bytes");
    }

    private void NoteWritten(long end)
    {
        lock (_gate) _length = Math.Max(_length, end);
    }

    private void ThrowIfFailed(string routine, NTSTATUS status)
    {
        if (Ntifs.NT_SUCCESS(status)) return;
        string reason = $"{routine} of {Name} answered {status}";
        throw new IOException(reason, new NtStatusException(routine, status, reason));
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_underWay == 0) Monitor.PulseAll(_gate);
        }
    }

    private readonly struct CallUnderWay(CallbackStore store) : IDisposable
    {
        public void Dispose() => store.Leave();
    }
}
