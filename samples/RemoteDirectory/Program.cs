using System.Diagnostics;
using System.IO.Compression;
using Concord;
using Concord.Stores.Http;

namespace RemoteDirectory;

// dotnet run -c Release --project samples/RemoteDirectory [-- URL]: lists the directory of a zip archive behind an
// address, and says how little of it was moved. Without an address it serves an archive of 10 GB of its own.
internal static class Program
{
    /// <summary>The end of an archive, where its directory is: brought at once.</summary>
    private const int EndBytes = 256 << 10;

    private const int ShownMax = 3, BarWidth = 40;

    private static int Main(string[] args)
    {
        if (args is [var address])
        {
            List(new Uri(address));
            return 0;
        }

        string folder = Directory.CreateTempSubdirectory("remote-directory-").FullName;
        try
        {
            string path = Path.Combine(folder, "archive.zip");
            HugeArchive.Make(path);
            using var server = new FileServer(path);
            List(server.Address);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void List(Uri address)
    {
        // A file of the cache: a Stream, of which only what is read is brought.
        var clock = Stopwatch.StartNew();
        using var counting = new CountingHandler();
        using var client = new HttpClient(counting);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 4 << 20 });
        using var store = HttpStore.Open(address, client: client);
        using var file = cache.Open(store);
        file.Load(new ByteRange(Math.Max(0, file.Length - EndBytes), EndBytes));
        using var archive = new ZipArchive(file.AsStream(leaveOpen: true), ZipArchiveMode.Read);
        int entries = archive.Entries.Count;
        var seconds = clock.Elapsed.TotalSeconds;

        // The first entries, and what it took to find them all.
        foreach (var entry in archive.Entries.Take(ShownMax))
            Console.WriteLine($"  {entry.Length,13:N0}  {entry.Name}");
        Console.WriteLine($"  {entries - Math.Min(entries, ShownMax),13:N0}  more\n");
        int filled = (int)Math.Ceiling((double)counting.Bytes / file.Length * BarWidth);
        Console.WriteLine($"  {new string('█', filled)}{new string('░', BarWidth - filled)} "
            + $"{counting.Bytes:N0} of {file.Length:N0} bytes moved");
        Console.WriteLine($"  {entries:N0} entries in {counting.Requests} requests, {seconds * 1000:F0} ms, "
            + $"{cache.ResidentBytes >> 10} KiB of memory");
    }
}
