using System.IO.Compression;
using Concord;

namespace Cookbook;

/// <summary>
/// A zip archive on a server, of which one entry is read: little more than that and the directory is fetched.
/// </summary>
internal static class RemoteArchive
{
    private const int Entries = 100, EntryBytes = 100_000, Wanted = 42;

    internal static void Run(string folder)
    {
        string path = Path.Combine(folder, "archive.zip");
        using (var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
        {
            for (int number = 0; number < Entries; number++)
            {
                using var entry = archive.CreateEntry($"{number}", CompressionLevel.NoCompression).Open();
                entry.Write(Bytes.Make(null, EntryBytes, number));
            }
        }

        // The server has a cache of its own; this one is the client's.
        using var servers = new FileCache(new FileCacheOptions { CapacityBytes = 4 << 20 });
        using var served = servers.Open(path);
        using var server = new RangeServer(served);
        using var client = new HttpClient();
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 4 << 20, MaxReadAheadBytes = 0 });
        using var remote = cache.Open(new HttpStore(client, server.Address));
        using var reader = new ZipArchive(remote.AsStream(leaveOpen: true), ZipArchiveMode.Read);
        using var found = new MemoryStream();
        using (var entry = reader.GetEntry($"{Wanted}")!.Open()) entry.CopyTo(found);
        Bytes.Require(found.ToArray(), Bytes.Make(null, EntryBytes, Wanted), $"entry {Wanted}");
        Console.WriteLine($"  entry {Wanted} of {Entries}: {server.Requests} requests; "
            + $"{cache.ResidentBytes >> 10} KiB of {remote.Length >> 10} were fetched");
    }
}
