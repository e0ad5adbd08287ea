namespace Concord.Testing;

/// <summary>A store as one run of a check calls it: each call in the form that the run is for.</summary>
internal sealed class TestedStore(BackingStore store, CallForms forms) : IDisposable
{
    /// <summary>The store itself, for members that have one form only.</summary>
    internal BackingStore Store => store;

    internal CallForms Forms => forms;

    internal async ValueTask<long> GetLengthAsync() =>
        forms.AsksAsync ? await store.GetLengthAsync(CancellationToken.None).ConfigureAwait(false) : store.GetLength();

    internal async ValueTask<int> ReadAsync(long offset, Memory<byte> destination) => forms.AsksAsync
        ? await store.ReadAsync(offset, destination, CancellationToken.None).ConfigureAwait(false)
        : store.Read(offset, destination);

    internal async ValueTask RefreshAsync()
    {
        if (forms.AsksAsync) await store.RefreshAsync(CancellationToken.None).ConfigureAwait(false);
        else store.Refresh();
    }

    internal ValueTask WriteAsync(long offset, params ReadOnlyMemory<byte>[] pieces) =>
        WriteAsync(offset, (IReadOnlyList<ReadOnlyMemory<byte>>)pieces);

    internal async ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (forms.ChangesAsync) await store.WriteAsync(offset, pieces, CancellationToken.None).ConfigureAwait(false);
        else store.Write(offset, pieces);
    }

    internal async ValueTask BarrierAsync()
    {
        if (forms.ChangesAsync) await store.BarrierAsync(CancellationToken.None).ConfigureAwait(false);
        else store.Barrier();
    }

    internal async ValueTask SetLengthAsync(long length)
    {
        if (forms.ChangesAsync) await store.SetLengthAsync(length, CancellationToken.None).ConfigureAwait(false);
        else store.SetLength(length);
    }

    public void Dispose() => store.Dispose();
}
