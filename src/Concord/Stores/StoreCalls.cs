using Concord.Interop;
using Concord.Scheduling;

namespace Concord.Stores;

/// <summary>
/// Calls of a store, blocking or asynchronous as the caller asks, with nothing held meanwhile. Every call of a store is
/// made here, so that all stores behave alike: whatever a store throws becomes an <see cref="IOException"/>, also a
/// cancellation that the caller did not ask for; and a read goes on until its memory is full or the store has ended.
/// </summary>
internal static class StoreCalls
{
    /// <summary>Where a write ends.</summary>
    /// <exception cref="IOException">The end is beyond the last offset.</exception>
    internal static long EndOf(this BackingStore store, long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        long length = 0;
        foreach (var piece in pieces) length += piece.Length;
        return length <= long.MaxValue - offset
            ? offset + length
            : throw new IOException($"cannot write {length} bytes at {offset} to {store.Label}: no file is that long");
    }

    /// <summary>Reads, with as many calls of the store as that takes.</summary>
    /// <returns>How many bytes were read: all, or fewer where the store ends by its own length.</returns>
    /// <exception cref="IOException">The store failed, or reads nothing where it says that it has bytes.</exception>
    internal static async ValueTask<int> ReadAsync(
        this BackingStore store, long offset, Memory<byte> destination, CallMode mode,
        CancellationToken cancellationToken)
    {
        int done = 0, most = store.Traits.MaxRequestBytes;
        long said = 0;
        while (done < destination.Length)
        {
            var part = destination.Slice(done, Math.Min(destination.Length - done, most));
            int count = await ReadOnceAsync(store, offset + done, part, mode, cancellationToken).ConfigureAwait(false);
            done += count;
            if (count > 0) continue;

            // Nothing was read: the store ends here, or it grew just now, or it fails without an error. Its lengths
            // before and after a read of nothing tell which.
            if (said > offset + done)
            {
                throw new IOException(
                    $"{store.Label} reads nothing at {offset + done}, and says that it is {said} bytes long");
            }

            said = await store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false);
            if (said <= offset + done) break;
        }

        return done;
    }

    /// <summary>
    /// How long a store is now; null if it cannot be asked. For callers that report an earlier error.
    /// </summary>
    internal static async ValueTask<long?> LengthOrNoneAsync(this BackingStore store, CallMode mode)
    {
        try
        {
            return await store.GetLengthAsync(mode, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>How long a store is now.</summary>
    /// <exception cref="IOException">The store cannot be asked, or returns a negative length.</exception>
    internal static async ValueTask<long> GetLengthAsync(this BackingStore store, CallMode mode,
        CancellationToken cancellationToken)
    {
        long length;
        using var underWay = store.Level.Calls.Begin();
        using var flow = EnterFlow(store, mode);
        try
        {
            if (mode == CallMode.Blocking) length = OnThread(store, static store => store.GetLength());
            else
            {
                var call = store.GetLengthAsync(cancellationToken);
                flow?.HasBegun();
                length = await LibraryTasks.WaitAsync(call);
            }
        }
        catch (Exception error) when (!IsTold(store, error, cancellationToken))
        {
            throw Failed(store, error);
        }

        // Check the answer: a negative length is an error of the store.
        return length >= 0
            ? length
            : throw new IOException($"{store.Label} says that it is {length} bytes long; a length is 0 or more");
    }

    /// <summary>Has a store forget what it remembers, so that it shows what other programs have written.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    internal static ValueTask RefreshAsync(this BackingStore store, CallMode mode,
        CancellationToken cancellationToken) =>
        CallAsync(store, mode, cancellationToken, static store => store.Refresh(),
            static (store, token) => store.RefreshAsync(token));

    /// <summary>
    /// Writes. A write that has begun is never cancelled: a part of a run in the store would be of no use.
    /// </summary>
    /// <exception cref="IOException">The store failed; any part of the bytes may be in it.</exception>
    internal static async ValueTask WriteAsync(
        this BackingStore store, long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CallMode mode)
    {
        if (store.HasFailedBarrier)
        {
            // A cache below the store may treat bytes as written whose write failed, and skip them: drop its copies.
            var range = ByteRange.FromBounds(offset, store.EndOf(offset, pieces));
            await CallAsync(
                store, mode, CancellationToken.None,
                store => store.DropCopies(range), (store, token) => store.DropCopiesAsync(range, token))
                .ConfigureAwait(false);
        }

        await CallAsync(
            store, mode, CancellationToken.None,
            store => store.Write(offset, pieces), (store, token) => store.WriteAsync(offset, pieces, token))
            .ConfigureAwait(false);
    }

    /// <summary>Announces a barrier.</summary>
    /// <returns>What the store threw, although it must not throw here; or null.</returns>
    internal static IOException? TellBarrier(this BackingStore store, ByteRange range)
    {
        using var underWay = store.Level.Calls.Begin();
        using var call = StoreLevel.EnterOnThread(store.Level);
        try
        {
            store.AnnounceBarrier(range);
            return null;
        }
        catch (Exception error)
        {
            return Failed(store, error);
        }
    }

    /// <summary>Writes back and invalidates the lines of a store that is memory.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    internal static void CheckedFlushLines(this BackingStore store, ByteRange range)
    {
        using var underWay = store.Level.Calls.Begin();
        using var call = StoreLevel.EnterOnThread(store.Level);
        try
        {
            store.FlushLines(range);
        }
        catch (Exception error) when (!IsTold(store, error, CancellationToken.None))
        {
            throw Failed(store, error);
        }
    }

    /// <exception cref="IOException">The store failed; nothing is durable that was not before.</exception>
    internal static async ValueTask BarrierAsync(this BackingStore store, CallMode mode)
    {
        try
        {
            await CallAsync(
                store, mode, CancellationToken.None,
                static store => store.Barrier(), static (store, token) => store.BarrierAsync(token))
                .ConfigureAwait(false);
        }
        catch
        {
            store.HasFailedBarrier = true;
            throw;
        }
    }

    /// <exception cref="IOException">The store failed; its length is the old or the new one.</exception>
    internal static ValueTask SetLengthAsync(this BackingStore store, long length, CallMode mode) =>
        CallAsync(store, mode, CancellationToken.None, store => store.SetLength(length),
            (store, token) => store.SetLengthAsync(length, token));

    private static async ValueTask CallAsync(
        BackingStore store, CallMode mode, CancellationToken cancellationToken,
        Action<BackingStore> work, Func<BackingStore, CancellationToken, ValueTask> workAsync)
    {
        using var underWay = store.Level.Calls.Begin();
        using var flow = EnterFlow(store, mode);
        try
        {
            if (mode == CallMode.Blocking) OnThread(store, work);
            else
            {
                var call = workAsync(store, cancellationToken);
                flow?.HasBegun();
                await LibraryTasks.WaitAsync(call);
            }
        }
        catch (Exception error) when (!IsTold(store, error, cancellationToken))
        {
            throw Failed(store, error);
        }
    }

    private static async ValueTask<int> ReadOnceAsync(
        BackingStore store, long offset, Memory<byte> destination, CallMode mode, CancellationToken cancellationToken)
    {
        int count;
        using var underWay = store.Level.Calls.Begin();
        using var flow = EnterFlow(store, mode);
        try
        {
            if (mode == CallMode.Blocking) count = ReadOnThread(store, offset, destination);
            else
            {
                var call = store.ReadAsync(offset, destination, cancellationToken);
                flow?.HasBegun();
                count = await LibraryTasks.WaitAsync(call);
            }
        }
        catch (Exception error) when (!IsTold(store, error, cancellationToken))
        {
            throw Failed(store, error);
        }

        // Check the count: a store that returns more than fits would have the caller read past its memory.
        return (uint)count <= (uint)destination.Length
            ? count
            : throw new IOException($"{store.Label} says that it has read {count} of {destination.Length} bytes");
    }

    /// <summary>Marks what a store does in an asynchronous call as its doing, if it may use files of a cache.</summary>
    private static StoreFlow? EnterFlow(BackingStore store, CallMode mode) =>
        StoreLevel.EnterFlow(mode == CallMode.Blocking || store.IsLowest ? null : store.Level);

    private static void OnThread(BackingStore store, Action<BackingStore> work)
    {
        using var call = StoreLevel.EnterOnThread(store.Level);
        work(store);
    }

    private static long OnThread(BackingStore store, Func<BackingStore, long> work)
    {
        using var call = StoreLevel.EnterOnThread(store.Level);
        return work(store);
    }

    private static int ReadOnThread(BackingStore store, long offset, Memory<byte> destination)
    {
        using var call = StoreLevel.EnterOnThread(store.Level);
        return store.Read(offset, destination);
    }

    /// <summary>
    /// Whether an error of a store is passed on as it is. A store may cancel for reasons of its own, such as a time
    /// limit: that is a failure like any other, unless this call's own token was cancelled. An error of this library
    /// about another file, on which the store is built, is wrapped: it tells the state of that file, not of this one.
    /// </summary>
    private static bool IsTold(BackingStore store, Exception error, CancellationToken cancellationToken) =>
        error switch
        {
            OperationCanceledException => cancellationToken.IsCancellationRequested,
            StoreChangedException changed => changed.StoreName == store.Name,
            IOException => error.GetType().Assembly != typeof(StoreCalls).Assembly && ShownText.HasMessage(error),
            _ => false,
        };

    private static IOException Failed(BackingStore store, Exception error) =>
        new($"{store.Label} failed ({error.GetType().Name}): {ShownText.Of(error)}", error);
}
