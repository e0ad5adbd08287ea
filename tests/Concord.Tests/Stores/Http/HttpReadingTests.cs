using Concord.Stores.Http;

namespace Concord.Tests.Stores.Http;

/// <summary>A file behind an address, read in every way that a cache has.</summary>
[Collection(SideBySide.Stores)]
public sealed class HttpReadingTests
{
    [Fact]
    public async Task Random_reads_leases_and_views_show_the_files_bytes()
    {
        var token = TestContext.Current.CancellationToken;
        byte[] content = RemoteReading.NewContent();
        await using var server = await RangeServer.StartAsync(content);
        await RemoteReading.CompareAsync(
            await HttpStore.OpenAsync(server.Address, cancellationToken: token), content, token);
    }
}
