using Concord.Scheduling;

namespace Concord.Stores;

/// <summary>Calls of a store in the manner of the caller, and nothing held meanwhile.</summary>
internal static class StoreCalls
{
    /// <summary>Where a write ends.</summary>
    /// <exception cref="IOException">Beyond what an offset can say.</exception>
    internal static long EndOf(this BackingStore store, long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        long length = 0;
        foreach (var piece in pieces) length += piece.Length;
        return length <= long.MaxValue - offset
            ? offset + length
            : throw new IOException($"cannot write {length} bytes at {offset} to {store.Name}: no file is that long");
    }

    internal static ValueTask<int> ReadAsync(
        this BackingStore store, long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken) =>
        mode == CallMode.Blocking
            ? new ValueTask<int>(store.Read(offset, destination))
            : store.ReadAsync(offset, destination, cancellationToken);

    internal static ValueTask WriteAsync(
        this BackingStore store, long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CallMode mode)
    {
        // A write that has begun is never cancelled: half a run in the store helps nobody.
        if (mode == CallMode.Async) return store.WriteAsync(offset, pieces, CancellationToken.None);
        store.Write(offset, pieces);
        return ValueTask.CompletedTask;
    }

    internal static ValueTask BarrierAsync(this BackingStore store, CallMode mode)
    {
        if (mode == CallMode.Async) return store.BarrierAsync(CancellationToken.None);
        store.Barrier();
        return ValueTask.CompletedTask;
    }

    internal static ValueTask SetLengthAsync(this BackingStore store, long length, CallMode mode)
    {
        if (mode == CallMode.Async) return store.SetLengthAsync(length, CancellationToken.None);
        store.SetLength(length);
        return ValueTask.CompletedTask;
    }
}
