using Concord.Stores.S3;

namespace Concord.Tests.Stores.S3;

[Collection(SideBySide.Stores)]
public sealed class S3StoreConformance : ConformingReadOnlyStore, IAsyncLifetime
{
    private S3Service _service = null!;

    public async ValueTask InitializeAsync() => _service = await S3Service.StartAsync(Bytes);

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    protected override BackingStore Open() => S3Store.Open(S3Service.Bucket, S3Service.Key, _service.Options);

    protected override BackingStore? OpenAgain(BackingStore store) => Open();
}
