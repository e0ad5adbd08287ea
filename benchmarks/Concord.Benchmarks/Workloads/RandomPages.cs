using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>Pages at random, uniformly, the same ones for every rival that begins with the same seed.</summary>
internal static class RandomPages
{
    public const int PageBytes = 4096;

    private const ulong Seed = 88172645463325252, SeedOfPartner = 0x9E3779B97F4A7C15;

    /// <summary>Runs an operation on so many pages of a range, and gives the time of one.</summary>
    public static Slice Time<T>(T operation, long bytes, int count)
        where T : struct, IPageOperation
    {
        long start = Stopwatch.GetTimestamp();
        Run(operation, bytes, count, Seed);
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / count);
    }

    /// <summary>
    /// The same on two processors at once, each so many pages; the time of one, as if one thread had done all.
    /// </summary>
    public static Slice TimeByTwo<T>(PartnerThread partner, T here, T there, long bytes, int count)
        where T : struct, IPageOperation
    {
        long start = Stopwatch.GetTimestamp();
        partner.RunBoth(() => Run(here, bytes, count, Seed), () => Run(there, bytes, count, SeedOfPartner));
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / (2 * count));
    }

    private static void Run<T>(T operation, long bytes, int count, ulong seed)
        where T : struct, IPageOperation
    {
        ulong pages = (ulong)(bytes / PageBytes);
        for (int i = 0; i < count; i++)
        {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;

            // The high half of a product is as uniform as a remainder, and costs a multiplication.
            operation.Do((long)Math.BigMul(seed, pages, out _) * PageBytes);
        }
    }
}
