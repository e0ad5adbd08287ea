using System.Globalization;

namespace Concord.Benchmarks.Workloads;

/// <summary>What a process has in memory beside files and shared pages, as .NET and the kernel tell it.</summary>
/// <param name="Managed">Bytes of objects that are alive.</param>
/// <param name="Native">Bytes of private memory that are not the collector's.</param>
/// <param name="PageTables">Bytes of page tables.</param>
internal readonly record struct ProcessMemory(long Managed, long Native, long PageTables)
{
    public long Total => Managed + Native + PageTables;

    public static ProcessMemory operator -(ProcessMemory after, ProcessMemory before) =>
        new(after.Managed - before.Managed, after.Native - before.Native, after.PageTables - before.PageTables);

    /// <summary>Asks now, after a collection.</summary>
    public static ProcessMemory Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        long committed = GC.GetGCMemoryInfo().TotalCommittedBytes;
        string[] lines = File.ReadAllLines("/proc/self/status");
        return new ProcessMemory(managed, Math.Max(0, Field(lines, "RssAnon:") - committed), Field(lines, "VmPTE:"));
    }

    private static long Field(string[] lines, string name)
    {
        string line = Array.Find(lines, line => line.StartsWith(name, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"/proc/self/status has no {name}");
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
            CultureInfo.InvariantCulture) * Sizes.KiB;
    }
}
