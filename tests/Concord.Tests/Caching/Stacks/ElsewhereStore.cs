using Concord.Scheduling;

namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// A store whose calls go on as tasks of their own, in a simulation: nothing of the caller's context goes along.
/// </summary>
internal sealed class ElsewhereStore(BackingStore store, CacheScheduler scheduler) : BackingStore
{
    // Opening asks for the length before anybody runs the simulation.
    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
        store.GetLengthAsync(cancellationToken);

    public override ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        DoAsync(() => store.ReadAsync(offset, destination, cancellationToken));

    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) =>
        await DoAsync(() => Done(store.WriteAsync(offset, pieces, cancellationToken)));

    public override async ValueTask BarrierAsync(CancellationToken cancellationToken) =>
        await DoAsync(() => Done(store.BarrierAsync(cancellationToken)));

    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken) =>
        await DoAsync(() => Done(store.SetLengthAsync(length, cancellationToken)));

    protected override void Dispose(bool disposing)
    {
        if (disposing) store.Dispose();
    }

    private static async ValueTask<bool> Done(ValueTask call)
    {
        await call;
        return true;
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
