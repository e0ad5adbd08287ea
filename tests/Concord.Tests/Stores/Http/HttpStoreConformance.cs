using Concord.Stores.Http;

namespace Concord.Tests.Stores.Http;

[Collection(SideBySide.Stores)]
public sealed class HttpStoreConformance : ConformingReadOnlyStore, IAsyncLifetime
{
    private RangeServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RangeServer.StartAsync(Bytes);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    protected override BackingStore Open() => HttpStore.Open(_server.Address);

    protected override BackingStore? OpenAgain(BackingStore store) => Open();
}
