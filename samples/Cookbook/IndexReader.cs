using System.Buffers.Binary;
using Concord;

namespace Cookbook;

/// <summary>
/// A search engine's reader: a sorted index that many threads search at the same time, larger than its cache. Terms are
/// compared in the cache's own pages, under a lease, without a copy; what is asked for often stays in memory.
/// </summary>
internal static class IndexReader
{
    private const int Terms = 500_000, RecordBytes = 16, Searches = 20_000, Threads = 4;

    internal static void Run(string folder)
    {
        // Each record is a term, here a number, and where its documents stand.
        string path = Path.Combine(folder, "index");
        byte[] index = new byte[Terms * RecordBytes];
        for (int i = 0; i < Terms; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(index.AsSpan(i * RecordBytes), i * 3L);
            BinaryPrimitives.WriteInt64BigEndian(index.AsSpan((i * RecordBytes) + 8), i * 1000L);
        }

        File.WriteAllBytes(path, index);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = index.Length / 4 });
        using var file = cache.Open(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        Parallel.For(0, Threads, thread =>
        {
            // Few terms are asked for often, as always: nine of ten searches want one in a hundred.
            var random = new Random(thread);
            for (int search = 0; search < Searches / Threads; search++)
            {
                int wanted = random.Next(random.Next(10) == 0 ? Terms : Terms / 100);
                if (Find(file, wanted * 3L) != wanted * 1000L) throw new InvalidDataException($"term {wanted}");
            }
        });
        Console.WriteLine($"  {Searches} searches by {Threads} threads in {index.Length >> 20} MiB through "
            + $"{cache.CapacityBytes >> 20} MiB of memory");
    }

    private static long Find(CachedFile file, long term)
    {
        for (long low = 0, high = (file.Length / RecordBytes) - 1; low <= high;)
        {
            long middle = (low + high) / 2;
            using var record = file.Lease(new ByteRange(middle * RecordBytes, RecordBytes));
            long found = BinaryPrimitives.ReadInt64BigEndian(record.Span);
            if (found == term) return BinaryPrimitives.ReadInt64BigEndian(record.Span[8..]);
            if (found < term) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }
}
