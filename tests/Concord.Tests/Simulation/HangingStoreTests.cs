using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>
/// A store whose call does not return delays its own file only: a user of another file gets everything done meanwhile,
/// under every order of the tasks, and what waited is done when the call returns.
/// </summary>
[Collection(SideBySide.Simulation)]
public sealed class HangingStoreTests
{
    private const int FilePages = 6, StepsMax = 200_000;

    /// <summary>Which call hangs, and how much memory there is.</summary>
    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string call in Enum.GetNames<SimStore.Call>())
            {
                cases.Add(call, 64);
                cases.Add(call, 16);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Another_file_is_read_written_flushed_and_closed_while_a_call_hangs(string hanging, int capacityPages)
    {
        foreach (int seed in SimSeeds.Of(slice: 25, full: 1000)) Play(seed, Enum.Parse<SimStore.Call>(hanging),
            capacityPages);
    }

    private static void Play(int seed, SimStore.Call hanging, int capacityPages)
    {
        var scheduler = new SimScheduler(seed);
        var options = new FileCacheOptions
        {
            CapacityBytes = (long)capacityPages * PageGeometry.PageBytes,
            SectionKind = SectionKind.Private,
            LazyWriterInterval = TimeSpan.Zero,
        };
        var cache = new FileCache(options, scheduler);
        SimStore ill = new(scheduler, World.Fill(1, FilePages * PageGeometry.PageBytes));
        SimStore well = new(scheduler, World.Fill(2, FilePages * PageGeometry.PageBytes));
        CachedFile slow = cache.Open(ill), other = cache.Open(well);
        var ended = new Signal();
        ill.Hangs = call => call == hanging ? ended : null;
        bool isOtherDone = false;
        scheduler.Run(
            StepsMax,
            () => UseAsync(slow, 3),
            () => LazyPassesAsync(cache),
            async () =>
            {
                await UseAsync(other, 4);
                await other.CloseAsync();
                isOtherDone = true;
                ill.Hangs = static _ => null;
                ended.Set(scheduler);
            });
        Assert.True(isOtherDone);
        scheduler.Run(StepsMax, async () => await slow.CloseAsync());
        Assert.Equal(Expected(1, 3), ill.Durable);
        Assert.Equal(Expected(2, 4), well.Durable);
        Assert.Equal((0, 0), (cache.ResidentBytes, cache.DirtyBytes));
    }

    /// <summary>
    /// Everything that waits for a store: reads that miss, writes, a flush, a purge, a cut and a longer file.
    /// </summary>
    private static async Task UseAsync(CachedFile file, byte value)
    {
        await file.ReadAsync(0, new byte[3 * PageGeometry.PageBytes]);
        await file.WriteAsync(100, World.Fill(value, 2 * PageGeometry.PageBytes));
        await file.FlushAsync();
        await file.FlushAndPurgeAsync();
        await file.WriteAsync((FilePages - 1) * PageGeometry.PageBytes, World.Fill(value, 50));
        await file.SetLengthAsync(FilePages * PageGeometry.PageBytes - 7);
        await file.WriteAsync(FilePages * PageGeometry.PageBytes + 7, World.Fill(value, 2));
        await file.ReadAsync(PageGeometry.PageBytes, new byte[3 * PageGeometry.PageBytes]);
    }

    private static async Task LazyPassesAsync(FileCache cache)
    {
        for (int pass = 0; pass < 3; pass++) await cache.LazyWriter.PassAsync(CancellationToken.None);
    }

    private static byte[] Expected(byte first, byte value)
    {
        byte[] bytes = World.Fill(first, FilePages * PageGeometry.PageBytes + 9);
        bytes.AsSpan(FilePages * PageGeometry.PageBytes - 7).Clear();
        bytes.AsSpan(100, 2 * PageGeometry.PageBytes).Fill(value);
        bytes.AsSpan((FilePages - 1) * PageGeometry.PageBytes, 50).Fill(value);
        bytes.AsSpan(FilePages * PageGeometry.PageBytes + 7, 2).Fill(value);
        return bytes;
    }
}
