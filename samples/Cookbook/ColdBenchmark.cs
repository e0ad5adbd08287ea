using System.Diagnostics;
using Concord;

namespace Cookbook;

/// <summary>
/// What a read costs when nothing is in memory: before each cold turn the file leaves the system's cache, and its bytes
/// the processors'. Hot and cold take turns, and the median counts.
/// </summary>
internal static class ColdBenchmark
{
    private const int FileBytes = 8 << 20, Rounds = 9;

    internal static void Run(string folder)
    {
        string path = Path.Combine(folder, "file");
        Bytes.Make(path, FileBytes);
        byte[] bytes = new byte[FileBytes];
        var (hot, cold) = (new List<double>(), new List<double>());
        for (int round = 0; round < Rounds; round++)
        {
            hot.Add(Read(path, bytes));

            // Written back and dropped; where that is not so, the result says which pages stayed, and who has them.
            using (var file = SystemFile.Open(path))
            {
                var result = file.FlushAndPurge();
                foreach (var left in result.Left.Take(1)) Console.WriteLine($"  {left.Range} stayed: {left.Reason}");
            }

            if (ProcessorCache.IsSupported) ProcessorCache.FlushAndInvalidate(bytes);
            cold.Add(Read(path, bytes));
        }

        hot.Sort();
        cold.Sort();
        Console.WriteLine($"  {FileBytes >> 20} MiB: hot {hot[Rounds / 2]:0.0} ms, cold {cold[Rounds / 2]:0.0} ms");
    }

    private static double Read(string path, byte[] bytes)
    {
        using var file = File.OpenHandle(path);
        long start = Stopwatch.GetTimestamp();
        for (int at = 0; at < bytes.Length; at += 1 << 20) RandomAccess.Read(file, bytes.AsSpan(at, 1 << 20), at);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
