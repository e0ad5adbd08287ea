using System.Buffers;
using Concord.Nt.Native;

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
        return CountOf(BeginRead(offset, destination.Length, bytes).Wait(), offset, destination.Length);
    }

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var call = Enter();
        using var bytes = destination.Pin();
        var ended = await BeginRead(offset, destination.Length, bytes).EndedAsync().ConfigureAwait(false);
        return CountOf(ended, offset, destination.Length);
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        using var call = Enter();
        foreach (var piece in pieces)
        {
            using var bytes = piece.Pin();
            ThrowIfShort(BeginWrite(offset, piece.Length, bytes).Wait(), piece.Length);
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
            ThrowIfShort(
                await BeginWrite(offset, piece.Length, bytes).EndedAsync().ConfigureAwait(false), piece.Length);
            offset += piece.Length;
            NoteWritten(offset);
        }
    }

    public override void Barrier()
    {
        if (!HasFlush) return;
        using var call = Enter();
        ThrowIfFailed("Flush", BeginFlush().Wait().Status);
    }

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!HasFlush) return;
        using var call = Enter();
        var ended = await BeginFlush().EndedAsync().ConfigureAwait(false);
        ThrowIfFailed("Flush", ended.Status);
    }

    public override void SetLength(long length)
    {
        if (HasSetLength)
        {
            using var call = Enter();
            ThrowIfFailed("SetLength", BeginSetLength(length).Wait().Status);
        }

        lock (_gate) _length = length;
    }

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (HasSetLength)
        {
            using var call = Enter();
            var ended = await BeginSetLength(length).EndedAsync().ConfigureAwait(false);
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
        using var aside = LastError.PutAside();
        var request = new StoreRequest();
        var told = default(IO_STATUS_BLOCK);
        var status = calls.Read((void*)context, new LARGE_INTEGER { QuadPart = offset }, (uint)length, bytes.Pointer,
            &told, request.Handle);
        request.Returned(status, told);
        return request;
    }

    private unsafe StoreRequest BeginWrite(long offset, int length, MemoryHandle bytes)
    {
        using var aside = LastError.PutAside();
        var request = new StoreRequest();

        // A call that says nothing of the number has written all.
        var told = new IO_STATUS_BLOCK { Information = (nuint)length };
        var status = calls.Write((void*)context, new LARGE_INTEGER { QuadPart = offset }, (uint)length, bytes.Pointer,
            &told, request.Handle);
        request.Returned(status, told);
        return request;
    }

    private unsafe StoreRequest BeginFlush()
    {
        using var aside = LastError.PutAside();
        var request = new StoreRequest();
        request.Returned(calls.Flush((void*)context, request.Handle), default);
        return request;
    }

    private unsafe StoreRequest BeginSetLength(long length)
    {
        using var aside = LastError.PutAside();
        var request = new StoreRequest();
        request.Returned(
            calls.SetLength((void*)context, new LARGE_INTEGER { QuadPart = length }, request.Handle), default);
        return request;
    }

    private int CountOf(StoreAnswer ended, long offset, int length)
    {
        bool isAtEnd = ended.Status == NTSTATUS.STATUS_END_OF_FILE;
        if (!isAtEnd) ThrowIfFailed("Read", ended.Status);
        if (ended.Information > (nuint)length)
            throw Failed("Read", $"says that it has read {ended.Information} of {length} bytes");
        int count = isAtEnd ? 0 : (int)ended.Information;
        if (count > 0 || length == 0 || offset >= GetLength()) return count;

        // Bytes that the cache was told of are missing: no zeros take their place.
        throw Failed("Read", NTSTATUS.STATUS_END_OF_FILE,
            $"finds no byte at {offset}, and the file is {GetLength()} bytes long");
    }

    private void NoteWritten(long end)
    {
        lock (_gate) _length = Math.Max(_length, end);
    }

    private void ThrowIfShort(StoreAnswer ended, int length)
    {
        ThrowIfFailed("Write", ended.Status);
        if (ended.Information != (nuint)length)
            throw Failed("Write", $"says that it has written {ended.Information} of {length} bytes");
    }

    /// <summary>
    /// STATUS_SUCCESS alone says that a call did what it was for: a success of another kind may mean that it gave up.
    /// </summary>
    private void ThrowIfFailed(string routine, NTSTATUS status)
    {
        if (status == NTSTATUS.STATUS_SUCCESS) return;
        throw Ntifs.NT_SUCCESS(status)
            ? Failed(routine, $"answered {status}, and only STATUS_SUCCESS means done")
            : Failed(routine, status, $"answered {status}");
    }

    private IOException Failed(string routine, string what) =>
        Failed(routine, NTSTATUS.STATUS_UNEXPECTED_IO_ERROR, what);

    private IOException Failed(string routine, NTSTATUS status, string what)
    {
        string reason = $"{routine} of {Name} {what}";
        return new IOException(reason, new NtStatusException(routine, status, reason));
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
