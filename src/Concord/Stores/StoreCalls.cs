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
            ? new ValueTask<int>(Checked(store, store.Read(offset, destination), destination.Length))
            : CheckedAsync(store, store.ReadAsync(offset, destination, cancellationToken), destination.Length);

    /// <summary>How long a store is now.</summary>
    /// <exception cref="IOException">The store cannot be asked, or says what cannot be.</exception>
    internal static long CheckedLength(this BackingStore store) => CheckedLength(store, store.GetLength());

    /// <summary>How long a store is now, asked in the manner of the caller.</summary>
    /// <exception cref="IOException">The store cannot be asked, or says what cannot be.</exception>
    internal static ValueTask<long> GetLengthAsync(this BackingStore store, CallMode mode, CancellationToken cancellationToken)
    {
        return mode == CallMode.Blocking ? new ValueTask<long>(store.CheckedLength()) : AskAsync();

        async ValueTask<long> AskAsync() =>
            CheckedLength(store, await store.GetLengthAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Has a store forget what it remembers, so that it shows what others have written.</summary>
    internal static ValueTask RefreshAsync(this BackingStore store, CallMode mode, CancellationToken cancellationToken)
    {
        if (mode == CallMode.Async) return store.RefreshAsync(cancellationToken);
        store.Refresh();
        return ValueTask.CompletedTask;
    }

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

    private static long CheckedLength(BackingStore store, long length) => length >= 0
        ? length
        : throw new IOException($"{store.Name} says that it is {length} bytes long; a length is 0 or more");

    private static ValueTask<int> CheckedAsync(BackingStore store, ValueTask<int> read, int asked)
    {
        return read.IsCompletedSuccessfully ? new ValueTask<int>(Checked(store, read.Result, asked)) : WaitAsync();

        async ValueTask<int> WaitAsync() => Checked(store, await read.ConfigureAwait(false), asked);
    }

    /// <summary>Bytes that a store says it has read, but cannot have, would be found in nobody's memory.</summary>
    private static int Checked(BackingStore store, int read, int asked) => (uint)read <= (uint)asked
        ? read
        : throw new IOException($"{store.Name} says that it has read {read} of {asked} bytes");
}
