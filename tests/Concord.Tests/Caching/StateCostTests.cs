using System.Globalization;

namespace Concord.Tests.Caching;

/// <summary>What the cache has to remember of pages, against what it caches.</summary>
public sealed class StateCostTests
{
    internal const string ChildName = "cache-state";

    private const long CachedBytes = 256L << 20;

    /// <summary>A hundredth of what is cached.</summary>
    private const double ShareMax = 0.01;

    [Fact]
    public void State_is_a_small_share_of_what_is_cached()
    {
        // A process of its own, in which nobody else allocates meanwhile.
        using var child = Child.Start(ChildName);
        double stateBytes = double.Parse(child.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        child.WaitForExit();
        Figures.Record("state", "what a cached GiB costs besides",
            $"{stateBytes / CachedBytes * 1024:0.00} MiB ({stateBytes / CachedBytes:0.000%})", "at most 1 %");
        Assert.InRange(stateBytes, 1, ShareMax * CachedBytes);
    }

    /// <summary>The child: caches a sparse file and prints how many managed bytes that took.</summary>
    internal static int PrintState()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (var made = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
                RandomAccess.SetLength(made, CachedBytes);
            using var cache = new FileCache(
                new FileCacheOptions { CapacityBytes = 2 * CachedBytes, LazyWriterInterval = TimeSpan.Zero });
            using var file = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            byte[] piece = new byte[1 << 20];
            file.Read(0, piece);
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (long at = 0; at < CachedBytes; at += piece.Length) file.Read(at, piece);
            Console.Write(
                (GC.GetTotalMemory(forceFullCollection: true) - before).ToString(CultureInfo.InvariantCulture));
            GC.KeepAlive(file);
            return 0;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
