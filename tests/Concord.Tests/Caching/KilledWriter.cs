namespace Concord.Tests.Caching;

/// <summary>
/// A child program that writes numbered records through a cache until it is killed, and says after each good flush
/// which were flushed. What it writes follows from the seed alone, so that its test can tell what must be there.
/// </summary>
internal static class KilledWriter
{
    internal const string Name = "killed-writer";

    /// <summary>Not a divisor of a page, so that records lie across pages.</summary>
    internal const int RecordBytes = 1000;

    internal const int Slots = 3000;

    /// <summary>The most records between two flushes: what may be in the file without having been promised.</summary>
    internal const int RecordsPerFlushMax = 40;

    /// <summary>The slots that are written, one after the other, and how many records each flush covers.</summary>
    internal static IEnumerable<(long Number, int Slot, bool FlushesNow)> Records(int seed)
    {
        var random = new Random(seed);
        int untilFlush = 1;
        for (long number = 1; ; number++)
        {
            bool flushes = --untilFlush == 0;
            if (flushes) untilFlush = random.Next(1, RecordsPerFlushMax + 1);

            // Towards the end of the file more and more, so that it grows while it is written.
            int slot = random.Next((int)Math.Min(Slots, 20 + (number / 4)));
            yield return (number, slot, flushes);
        }
    }

    /// <summary>The bytes of a record: nothing of one is like anything of another, and no byte is zero.</summary>
    internal static byte[] Record(long number)
    {
        byte[] bytes = new byte[RecordBytes];
        ulong state = (ulong)number * 0x9E3779B97F4A7C15;
        for (int i = 0; i < bytes.Length; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            bytes[i] = (byte)((state >> 56) | 1);
        }

        return bytes;
    }

    /// <summary>Writes until the process ends.</summary>
    /// <param name="args">The file's path and the seed.</param>
    internal static int Run(string[] args)
    {
        int seed = int.Parse(args[1], null);
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 256 * 4096,
            LazyWriterInterval = TimeSpan.FromMilliseconds(3),
        });
        using var file = cache.Open(args[0], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        int flushes = 0;
        foreach (var (number, slot, flushesNow) in Records(seed))
        {
            file.Write((long)slot * RecordBytes, Record(number));
            if (!flushesNow) continue;
            var result = file.FlushAndPurge(++flushes % 3 == 0 ? CoherencyOptions.None : CoherencyOptions.NoPurge);
            result.ThrowIfIncomplete();
            Console.WriteLine(number);
        }

        return 0;
    }
}
