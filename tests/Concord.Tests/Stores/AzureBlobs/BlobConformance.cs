using Concord.Stores.AzureBlobs;

namespace Concord.Tests.Stores.AzureBlobs;

[Collection(SideBySide.Stores)]
public sealed class AzureBlobStoreConformance : ConformingReadOnlyStore
{
    private readonly BlobService _service = new(Bytes, isPages: false);

    protected override BackingStore Open() => AzureBlobStore.Open(BlobClients.Read(_service));

    protected override BackingStore? OpenAgain(BackingStore store) => Open();
}

/// <summary>A page blob; a second way to it would be a second writer, who is refused.</summary>
[Collection(SideBySide.Stores)]
public sealed class AzurePageBlobStoreConformance : ConformingStore
{
    private readonly Dictionary<BackingStore, BlobService> _services = [];

    protected override BackingStore MakeEmpty()
    {
        var service = new BlobService([], at: _services.Count);
        var store = BlobClients.Open(service);
        _services.Add(store, service);
        return store;
    }

    protected override byte[]? ReadDurable(BackingStore store)
    {
        var service = _services[store];
        long length = PageBlobLength.Of(new Dictionary<string, string>(service.Metadata), service.Content.Length);
        return service.Content[..(int)length];
    }
}
