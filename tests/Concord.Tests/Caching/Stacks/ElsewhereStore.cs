using Concord.Scheduling;

namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// A store whose calls go on as tasks of their own, in a simulation: nothing of the caller's context goes along.
/// </summary>
/// <param name="store">The store that does the calls.</param>
/// <param name="length">How long it is now: it is not asked, since that call would tell what it is built on.</param>
/// <param name="scheduler">Where they go on.</param>
internal sealed class ElsewhereStore(BackingStore store, long length, CacheScheduler scheduler) : BackingStore
{
    private long _length = length;

    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) => new(_length);

    public override ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        DoAsync(() => store.ReadAsync(offset, destination, cancellationToken));

    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        long end = await DoAsync(() => EndOf(store.WriteAsync(offset, pieces, cancellationToken),
            offset + pieces.Sum(static piece => (long)piece.Length)));

        // Compared only now: writes go on side by side.
        _length = Math.Max(_length, end);
    }

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken) =>
        await DoAsync(() => EndOf(store.BarrierAsync(cancellationToken), _length));

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken) =>
        _length = await DoAsync(() => EndOf(store.SetLengthAsync(length, cancellationToken), length));

    protected override void Dispose(bool disposing)
    {
        if (disposing) store.Dispose();
    }

    private static async ValueTask<long> EndOf(ValueTask call, long end)
    {
        await call;
        return end;
    }

    private async ValueTask<T> DoAsync<T>(Func<ValueTask<T>> call)
    {
        var over = new Signal();
        T? result = default;
        Exception? failure = null;
        scheduler.Post(() => _ = RunAsync());
        await over.WaitAsync(CallMode.Async);
        return failure is null ? result! : throw new IOException(failure.Message, failure);

        async Task RunAsync()
        {
            try
            {
                result = await call();
            }
            catch (Exception error)
            {
                failure = error;
            }

            over.Set(scheduler);
        }
    }
}
