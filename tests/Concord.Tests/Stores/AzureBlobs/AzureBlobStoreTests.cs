using Azure.Storage.Blobs;
using Concord.Stores.AzureBlobs;
using Concord.Tests.Caching;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>A blob as a store that is read: its bytes, its versions, and what failures say.</summary>
[Collection(SideBySide.Stores)]
public sealed class AzureBlobStoreTests
{
    private const int Bytes = 100_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Random_reads_leases_and_views_show_the_blobs_bytes()
    {
        byte[] content = RemoteReading.NewContent();
        using var service = new BlobService(content, isPages: false);
        await RemoteReading.CompareAsync(
            await AzureBlobStore.OpenAsync(BlobClients.Read(service), Token), content, Token);
    }

    [Fact]
    public async Task A_blob_that_was_replaced_is_told_with_both_versions_until_it_is_purged()
    {
        using var service = new BlobService(Pages.Pattern(Bytes, seed: 1), isPages: false);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(AzureBlobStore.Open(BlobClients.Read(service)));
        byte[] bytes = new byte[10], before = service.Content, after = Pages.Pattern(Bytes - 1, seed: 2);
        Assert.Equal(10, file.Read(0, bytes));
        service.Content = after;

        // What is cached is of the old version; what is not cannot be had any more.
        Assert.Equal(10, file.Read(0, bytes));
        Assert.Equal(before.AsSpan(0, 10).ToArray(), bytes);
        var error = await Assert.ThrowsAnyAsync<IOException>(
            async () => await file.ReadAsync(Bytes - 20, bytes, Token));
        var changed = Assert.IsType<StoreChangedException>(error.InnerException);
        Assert.Equal("tag \"0x1\", 100000 bytes", changed.Known);
        Assert.Equal("tag \"0x2\", 99999 bytes", changed.Found);

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(after, Pages.Read(file, new ByteRange(0, Bytes)));
    }

    [Fact]
    public async Task A_read_that_meets_a_refresh_is_of_one_version_whole()
    {
        using var service = new BlobService(Pages.Pattern(Bytes, seed: 1), isPages: false);
        using var store = AzureBlobStore.Open(BlobClients.Read(service));
        byte[] second = Pages.Pattern(Bytes, seed: 2);
        service.FaultOf = (_, what) =>
        {
            if (what != "GET") return BlobFault.None;
            service.FaultOf = static (_, _) => BlobFault.None;
            service.Content = second;
            return BlobFault.Lost;
        };
        await Assert.ThrowsAsync<StoreChangedException>(async () => await store.ReadAsync(100, new byte[5000], Token));
        await store.RefreshAsync(Token);
        byte[] bytes = new byte[5000];
        Assert.Equal(5000, await store.ReadAsync(100, bytes, Token));
        Assert.Equal(second.AsSpan(100, 5000).ToArray(), bytes);
    }

    [Fact]
    public async Task A_page_blob_is_as_long_as_its_file()
    {
        byte[] written = Pages.Pattern(1000, seed: 3);
        using var service = new BlobService([]);
        using (var writer = BlobClients.Open(service)) writer.Write(0, [written]);
        using var store = AzureBlobStore.Open(BlobClients.Read(service));
        byte[] bytes = new byte[2000];
        Assert.Equal(1000, await store.ReadAsync(0, bytes, Token));
        Assert.Equal(written, bytes[..1000]);
        Assert.Equal(1024, service.Content.Length);
    }

    [Fact]
    public void What_is_secret_is_in_no_message()
    {
        using var service = new BlobService(new byte[1000], isPages: false);
        using var store = AzureBlobStore.Open(BlobClients.Read(service));
        Assert.Equal("https://account.blob.example.org/container/blob0", store.Name);
        foreach (var fault in (BlobFault[])[BlobFault.Refused, BlobFault.Lost, BlobFault.AnswerLost])
        {
            service.FaultOf = (_, _) => fault;
            string said = Assert.Throws<IOException>(() => store.Read(0, new byte[10])).ToString();
            Assert.Contains(store.Name, said, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_blob_that_is_not_there_is_an_error_that_names_it()
    {
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = 0;
        var client = new BlobClient(new Uri("http://127.0.0.1:9/account/container/blob?sig=hidden&sv=1"), options);
        var error = Assert.Throws<IOException>(() => AzureBlobStore.Open(client));
        Assert.StartsWith(
            "http://127.0.0.1:9/account/container/blob: the request failed: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_is_another_file_than_its_blob()
    {
        using var service = new BlobService(new byte[1000], isPages: false);
        var client = BlobClients.Read(service);
        using var store = AzureBlobStore.Open(client);
        using var snapshot = AzureBlobStore.Open(client.WithSnapshot("2026-01-02T03:04:05.0000000Z"));
        using var again = AzureBlobStore.Open(client);
        Assert.NotEqual(store.Identity, snapshot.Identity);
        Assert.Equal(store.Identity, again.Identity);
        Assert.Contains("snapshot=2026-01-02", snapshot.Name, StringComparison.Ordinal);
    }
}
