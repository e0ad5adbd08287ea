using System.IO.Compression;
using Concord.Stores.Http;
using Concord.Testing;

namespace Concord.Tests.Stores.Http;

/// <summary>HTTP as a server reads its rules that others wrote: nginx.</summary>
[Collection(SideBySide.Children)]
public sealed class NginxTests : IDisposable
{
    private const int Bytes = (16 << 20) + 4_321;

    private static readonly HttpStoreOptions Quick = new() { RetryDelay = TimeSpan.Zero, RetriesMax = 2 };
    private static readonly byte[] Content = Caching.Pages.Pattern(Bytes, 11);

    private readonly NginxServer _server = NginxServer.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task The_store_keeps_the_promises_of_one_that_takes_no_writes()
    {
        var address = Put("data", Content);
        foreach (string check in ReadOnlyStoreConformance.CheckNames)
            Assert.True((await new Conformance(address).RunAsync(check)).Ran, check);
    }

    [Fact]
    public async Task Random_reads_through_a_cache_and_a_tier_show_the_file()
    {
        const int Reads = 10_000;
        using var folder = new TempFolder();
        using var tier = DiskTier.Open(folder["tier"], 8 << 20);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 2 << 20 });
        using var file = cache.Open(new TieredStore(HttpStore.Open(Put("data", Content), Quick), tier));
        var random = new Random(2);
        byte[] bytes = new byte[5_000];
        for (int i = 0; i < Reads; i++)
        {
            int offset = random.Next(Bytes), wanted = random.Next(1, bytes.Length);
            int count = await file.ReadAsync(offset, bytes.AsMemory(0, wanted), Token);
            Assert.Equal(Math.Min(wanted, Bytes - offset), count);
            Assert.True(Content.AsSpan(offset, count).SequenceEqual(bytes.AsSpan(0, count)), $"{count} at {offset}");
        }

        Assert.True(tier.GetCurrentStatistics().BytesRead > 0, "nothing came from the tier");
    }

    [Fact]
    public async Task A_file_that_has_changed_is_told_and_a_purge_goes_on_with_it()
    {
        var address = Put("data", Content);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(HttpStore.Open(address, Quick));
        byte[] bytes = new byte[100];
        Assert.Equal(100, await file.ReadAsync(0, bytes, Token));
        byte[] other = [.. Content.Reverse().Skip(7)];
        Put("data", other);
        var error = await Assert.ThrowsAnyAsync<IOException>(async () => await file.ReadAsync(9 << 20, bytes, Token));
        Assert.Contains("has changed", error.Message, StringComparison.Ordinal);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(other.Length, file.Length);
        Assert.Equal(100, await file.ReadAsync(9 << 20, bytes, Token));
        Assert.Equal(other.AsSpan(9 << 20, 100).ToArray(), bytes);
    }

    [Fact]
    public async Task An_archive_is_listed_and_unpacked()
    {
        using var packed = new MemoryStream();
        using (var made = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < 50; i++)
            {
                using var entry = made.CreateEntry($"entry-{i}", CompressionLevel.Fastest).Open();
                entry.Write(Content.AsSpan(i * 10_000, 10_000));
            }
        }

        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(HttpStore.Open(Put("archive.zip", packed.ToArray()), Quick));
        using var archive = new ZipArchive(file.AsStream(leaveOpen: true));
        Assert.Equal(50, archive.Entries.Count);
        using var unpacked = new MemoryStream();
        using (var entry = archive.GetEntry("entry-49")!.Open()) await entry.CopyToAsync(unpacked, Token);
        Assert.Equal(Content.AsSpan(490_000, 10_000).ToArray(), unpacked.ToArray());
    }

    [Fact]
    public void What_a_server_does_otherwise_is_told_when_the_store_is_opened()
    {
        Put("data", Content);
        Assert.Contains("entity tag", Refusal("untagged/data").Message, StringComparison.Ordinal);
        Assert.Contains("no ranges", Refusal("whole/data").Message, StringComparison.Ordinal);
        Assert.Contains("answered 503", Refusal("busy/data").Message, StringComparison.Ordinal);
        Assert.IsType<FileNotFoundException>(Refusal("missing"));
        using var moved = HttpStore.Open(new Uri(_server.Address, "moved/?to=data"), Quick);
        Assert.Equal(Bytes, moved.GetLength());
        using var compressed = HttpStore.Open(new Uri(_server.Address, "compressed/data"), Quick);
        byte[] bytes = new byte[1_000];
        Assert.Equal(bytes.Length, compressed.Read(5_000_000, bytes));
        Assert.Equal(Content.AsSpan(5_000_000, bytes.Length).ToArray(), bytes);
        using var byTime = HttpStore.Open(
            new Uri(_server.Address, "untagged/data"), Quick with { VersionCheck = HttpVersionCheck.LastModified });
        Assert.Null(byTime.ContentKey);
        Assert.Equal(bytes.Length, byTime.Read(Bytes - bytes.Length, bytes));
        Assert.Equal(Content.AsSpan(Bytes - bytes.Length).ToArray(), bytes);
    }

    [Fact]
    public void A_file_without_bytes_is_one()
    {
        using var store = HttpStore.Open(Put("empty", []), Quick);
        Assert.Equal(0, store.GetLength());
        Assert.Equal(0, store.Read(0, new byte[10]));
    }

    private Uri Put(string name, byte[] bytes)
    {
        // In its place at once, as programs that serve files should.
        string path = Path.Combine(_server.Files, name);
        File.WriteAllBytes(path + ".new", bytes);
        File.Move(path + ".new", path, overwrite: true);
        return new Uri(_server.Address, name);
    }

    private IOException Refusal(string path) =>
        Assert.ThrowsAny<IOException>(() => HttpStore.Open(new Uri(_server.Address, path), Quick));

    private sealed class Conformance(Uri address) : ReadOnlyStoreConformance
    {
        protected override ReadOnlyMemory<byte> Content => NginxTests.Content;

        protected override BackingStore Open() => HttpStore.Open(address, Quick);

        protected override BackingStore? OpenAgain(BackingStore store) => Open();
    }
}
