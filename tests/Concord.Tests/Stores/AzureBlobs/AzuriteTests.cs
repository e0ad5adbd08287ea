using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Concord.Stores.AzureBlobs;
using Concord.Tests.Caching;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>Blobs against somebody else's reading of Azure's rules.</summary>
[Collection(nameof(AzuriteCollection))]
public sealed class AzuriteTests(AzuriteServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Block_blobs_are_read_as_they_were_written()
    {
        byte[] content = RemoteReading.NewContent();
        var client = server.MakeContainer().GetBlobClient("blocks");
        await client.UploadAsync(new BinaryData(content), Token);
        await RemoteReading.CompareAsync(await AzureBlobStore.OpenAsync(client, Token), content, Token);
    }

    [Fact]
    public async Task A_blob_that_was_replaced_is_told_until_it_is_purged()
    {
        byte[] before = Pages.Pattern(100_000, seed: 1), after = Pages.Pattern(90_000, seed: 2);
        var client = server.MakeContainer().GetBlobClient("replaced");
        await client.UploadAsync(new BinaryData(before), Token);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(await AzureBlobStore.OpenAsync(client, Token));
        Assert.Equal(before[..10], Pages.Read(file, new ByteRange(0, 10)));
        await client.UploadAsync(new BinaryData(after), overwrite: true, Token);
        var error = await Assert.ThrowsAnyAsync<IOException>(
            async () => await file.ReadAsync(80_000, new byte[10], Token));
        var changed = Assert.IsType<StoreChangedException>(error.InnerException);
        Assert.NotEqual(changed.Known, changed.Found);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(after, Pages.Read(file, new ByteRange(0, 100_000)));
    }

    [Fact]
    public async Task Page_blobs_are_written_in_place_through_a_cache()
    {
        byte[] content = RemoteReading.NewContent();
        var (client, connect) = server.MakePages(server.MakeContainer());
        using (var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 }))
        using (var file = cache.Open(await AzurePageBlobStore.OpenAsync(connect, null, Token)))
        {
            file.Write(0, content);
            byte[] newer = Pages.Pattern(10_001, seed: 4);
            file.Write(5_555, newer);
            newer.CopyTo(content, 5_555);
            Assert.True(file.FlushAndPurge().IsComplete);
            file.SetLength(content.Length - 1000);
            file.SetLength(content.Length);
            content.AsSpan(content.Length - 1000).Clear();
            Assert.True(file.FlushAndPurge().IsComplete);
        }

        await RemoteReading.CompareAsync(await AzurePageBlobStore.OpenAsync(connect, null, Token), content, Token);
        await RemoteReading.CompareAsync(await AzureBlobStore.OpenAsync(client, Token), content, Token);
    }

    [Fact]
    public async Task One_writer_keeps_another_away_and_who_has_lost_the_blob_is_refused()
    {
        var (client, connect) = server.MakePages(server.MakeContainer());
        using var first = await AzurePageBlobStore.OpenAsync(connect, null, Token);
        first.Write(0, [new byte[1000]]);
        var error = await Assert.ThrowsAsync<IOException>(() => AzurePageBlobStore.OpenAsync(connect, null, Token));
        Assert.Contains("has another writer", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RequestFailedException>(() => client.ResizeAsync(0, cancellationToken: Token));

        using var second = await AzurePageBlobStore.OpenAsync(
            connect, new AzurePageBlobStoreOptions { TakesOver = true }, Token);
        Assert.All(
            (Action[])[() => first.Write(0, [new byte[512]]), () => first.SetLength(5000)],
            call => Assert.Contains(
                "taken by another writer", Assert.Throws<IOException>(call).Message, StringComparison.Ordinal));
        second.Write(990, [Pages.Pattern(100, seed: 5)]);
        Assert.Equal(1090, second.GetLength());
    }

    [Fact]
    public async Task Requests_of_an_older_number_or_tag_are_refused()
    {
        var (client, connect) = server.MakePages(server.MakeContainer());
        using var store = await AzurePageBlobStore.OpenAsync(connect, null, Token);
        store.Write(0, [new byte[1024]]);
        BlobProperties before = await client.GetPropertiesAsync(cancellationToken: Token);
        var clients = new PageBlobClients(connect, new AzurePageBlobStoreOptions().Rules);
        await clients.Asking.UpdateSequenceNumberAsync(
            SequenceNumberAction.Max, before.BlobSequenceNumber + 1,
            new PageBlobRequestConditions { LeaseId = store.LeaseId }, Token);

        var late = new PageBlobRequestConditions
        {
            LeaseId = store.LeaseId,
            IfSequenceNumberEqual = before.BlobSequenceNumber,
        };
        var pages = new PageBlobUploadPagesOptions { Conditions = late };
        var refused = await Assert.ThrowsAsync<RequestFailedException>(
            () => client.UploadPagesAsync(new MemoryStream(new byte[512]), 0, pages, Token));
        Assert.Equal(BlobErrorCode.SequenceNumberConditionNotMet.ToString(), refused.ErrorCode);
        var tag = new PageBlobRequestConditions { LeaseId = store.LeaseId, IfMatch = before.ETag };
        refused = await Assert.ThrowsAsync<RequestFailedException>(() => client.ResizeAsync(0, tag, Token));
        Assert.Equal(BlobErrorCode.ConditionNotMet.ToString(), refused.ErrorCode);

        // The number was raised by nobody that this store knows of.
        Assert.Contains(
            "taken by another writer", Assert.Throws<IOException>(() => store.Write(0, [new byte[512]])).Message,
            StringComparison.Ordinal);
    }
}

[Collection(nameof(AzuriteCollection))]
public sealed class AzuritePageBlobConformance(AzuriteServer server) : ConformingStore
{
    private readonly Dictionary<BackingStore, PageBlobClient> _clients = [];
    private BlobContainerClient? _container;

    protected override void RequireSystem() => _container = server.MakeContainer();

    protected override BackingStore MakeEmpty()
    {
        var (client, connect) = server.MakePages(_container!);
        var store = AzurePageBlobStore.Open(connect);
        _clients.Add(store, client);
        return store;
    }

    protected override byte[]? ReadDurable(BackingStore store)
    {
        BlobProperties found = _clients[store].GetProperties();
        byte[] content = _clients[store].DownloadContent().Value.Content.ToArray();
        return content[..(int)PageBlobLength.Of(found.Metadata, found.ContentLength)];
    }
}
