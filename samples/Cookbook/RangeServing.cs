using System.Net.Http.Headers;
using Concord;

namespace Cookbook;

/// <summary>A file of any length is served in parts, from a cache of 4 MiB and in as little memory.</summary>
internal static class RangeServing
{
    internal static void Run(string folder)
    {
        byte[] content = Bytes.Make(Path.Combine(folder, "film"), 16 << 20);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 4 << 20 });
        using var film = cache.Open(Path.Combine(folder, "film"));
        using var server = new RangeServer(film);
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Range = new RangeHeaderValue(5_000_000, null);
        byte[] part = client.GetByteArrayAsync(server.Address).GetAwaiter().GetResult();
        Bytes.Require(part, content.AsSpan(5_000_000), "the part from 5,000,000 on");
        Console.WriteLine($"  {part.Length} bytes were served; {cache.ResidentBytes >> 10} KiB are in the cache");
    }
}
