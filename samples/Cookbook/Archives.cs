using System.Formats.Tar;
using System.IO.Compression;
using Concord;
using LiteDB;

namespace Cookbook;

/// <summary>
/// Libraries that take a stream know nothing of a cache: a zip archive, a tar archive and a database share one of
/// 2 MiB.
/// </summary>
internal static class Archives
{
    private const int Entries = 40, EntryBytes = 100_000;

    internal static void Run(string folder)
    {
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 2 << 20 });
        using (var zip = new ZipArchive(Open("zip"), ZipArchiveMode.Create))
        {
            for (int number = 0; number < Entries; number++)
            {
                using var entry = zip.CreateEntry($"{number}").Open();
                entry.Write(Bytes.Make(null, EntryBytes, number));
            }
        }

        // From one archive into the other.
        using (var zip = new ZipArchive(Open("zip"), ZipArchiveMode.Read))
        using (var tar = new TarWriter(Open("tar")))
        {
            foreach (var entry in zip.Entries)
            {
                using var unpacked = new MemoryStream(new byte[entry.Length]);
                using (var packed = entry.Open()) packed.CopyTo(unpacked);
                unpacked.Position = 0;
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry.Name) { DataStream = unpacked });
            }
        }

        // And into a database, which flushes its log with each transaction.
        using var archive = new TarReader(Open("tar"));
        using var database = new LiteDatabase(Open("database"), mapper: null, Open("database-log"));
        while (archive.GetNextEntry() is { } entry)
            database.FileStorage.Upload(entry.Name, entry.Name, entry.DataStream);
        for (int number = 0; number < Entries; number++)
        {
            var found = new MemoryStream();
            database.FileStorage.Download($"{number}", found);
            Bytes.Require(found.ToArray(), Bytes.Make(null, EntryBytes, number), $"document {number}");
        }

        Console.WriteLine($"  {Entries} entries of {EntryBytes} bytes went through zip, tar and LiteDB; "
            + $"{cache.ResidentBytes >> 10} KiB are in the cache");
        CachedFileStream Open(string name) =>
            cache.Open(Path.Combine(folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite).AsStream();
    }
}
