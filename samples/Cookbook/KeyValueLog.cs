using System.Diagnostics;
using System.Text;
using Concord;

namespace Cookbook;

/// <summary>
/// A log of keys and values, a line each, with its checksum. What was flushed before it was acknowledged is there,
/// whenever the process is killed; a line that was torn fails its check and is cut off.
/// </summary>
internal static class KeyValueLog
{
    internal const string WriterArgument = "write-log-for-ever";
    private const int RecordsMin = 30;

    internal static void Run(string folder)
    {
        // Another process writes, and says which lines are durable. It is killed in the middle of that.
        string path = Path.Combine(folder, "log");
        using var writer = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, [WriterArgument, path]) { RedirectStandardOutput = true })!;
        int acknowledged = 0, found = 0;
        for (string? said; (said = writer.StandardOutput.ReadLine()) is not null && said.EndsWith('.');)
        {
            acknowledged = int.Parse(said[..^1], null);
            if (acknowledged == RecordsMin) writer.Kill();
        }

        // Whoever opens the log reads what is whole, and goes on behind it.
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var log = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        long end = 0;
        using (var reader = new StreamReader(log.AsStream(leaveOpen: true), Encoding.ASCII))
        {
            for (; reader.ReadLine() is { } line && line == Line(found + 1); found++) end += line.Length + 1;
        }

        Console.WriteLine($"  killed when {acknowledged} records were acknowledged: {found} are there, "
            + $"{log.Length - end} bytes behind them are cut off");
        log.SetLength(end);
        if (found < acknowledged) throw new InvalidDataException("an acknowledged record is lost");
    }

    internal static int WriteForEver(string path)
    {
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var log = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        for (int number = 1; ; number++)
        {
            log.Write(log.Length, Encoding.ASCII.GetBytes(Line(number) + "\n"));
            log.Flush();
            Console.WriteLine($"{number}.");
        }
    }

    private static string Line(int number) => $"key {number}=value {number} {Sum($"key {number}=value {number}"):x8}";

    private static int Sum(string pair) => pair.Aggregate(17, static (sum, next) => (sum * 31) + next);
}
