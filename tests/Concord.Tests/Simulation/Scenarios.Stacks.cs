using Concord.Tests.Caching.Stacks;

namespace Concord.Tests.Simulation;

// Scenarios of stores that sit on files of the same cache.
internal static partial class Scenarios
{
    private const int StackedPages = 12;

    private static WorldOptions Large => Plain with { FileBytesMax = 24 * Page };

    private static Scenario[] Stacks() =>
    [
        new("files stand on each other and compete for little room", Large, StackedFiles),
        new("files stand on each other, and the lowest store fails", Large, FailingStack),
        new("files stand on each other, and nobody knows whose calls are whose", Large, UnknownCalls),
    ];

    private static void StackedFiles(World world)
    {
        var (files, lowest) = OpenStack(world);
        world.Run(
            () => WriteAlongAsync(world, 0, 12),
            () => WriteStackAsync(files[^1], 0, StackedPages / 2),
            () => WriteStackAsync(files[^1], StackedPages / 2, StackedPages),
            async () =>
            {
                for (int turn = 0; turn < 6; turn++)
                {
                    await world.PauseAsync(world.Random.Next(20));
                    await files[world.Random.Next(files.Count)].FlushAndPurgeAsync();
                    await world.LazyPassAsync();
                }
            });
        World.Rule(world.HeardByAnybody == 0, "who waits for room gets it, and no error, while pages can leave");
        CloseStack(world, files, lowest);
    }

    private static void UnknownCalls(World world)
    {
        var (files, lowest) = OpenStack(
            world, below => new ElsewhereStore(
                new StackedStore.Async(below), below.Length - StackedStore.Header, world.Scheduler), levelsBelow: 0);
        world.Run(
            () => WriteAlongAsync(world, 0, 12),
            () => WriteStackAsync(files[^1], 0, StackedPages),
            async () =>
            {
                for (int turn = 0; turn < 3; turn++)
                {
                    await world.PauseAsync(world.Random.Next(20));
                    await files[world.Random.Next(files.Count)].FlushAndPurgeAsync();
                    await world.LazyPassAsync();
                }
            });
        World.Rule(world.HeardByAnybody == 0, "who waits for room gets it, and no error, while pages can leave");
        CloseStack(world, files, lowest);
    }

    private static void FailingStack(World world)
    {
        var (files, lowest) = OpenStack(world);
        int percent = world.Random.Next(5, 40), left = 20;
        lowest.FaultOf = (call, _, _) => call != StoreCall.Read && left > 0 && world.Random.Next(100) < percent
            ? Fail()
            : StoreFault.None;
        world.Run(
            () => WriteStackAsync(files[^1], 0, StackedPages / 2),
            () => WriteStackAsync(files[^1], StackedPages / 2, StackedPages),
            world.LazyPassAsync);
        lowest.Heal();
        world.Run(() => WriteStackAsync(files[^1], 0, StackedPages));
        CloseStack(world, files, lowest);

        StoreFault Fail()
        {
            left--;
            return (StoreFault)world.Random.Next(1, 4);
        }
    }

    private static (List<CachedFile> Files, CrashStore Lowest) OpenStack(World world) =>
        OpenStack(world, static below => new StackedStore.Async(below), levelsBelow: 2);

    private static (List<CachedFile> Files, CrashStore Lowest) OpenStack(
        World world, Func<CachedFile, BackingStore> storeOn, int levelsBelow)
    {
        var lowest = new CrashStore(world.Scheduler, World.Fill(0, 2 * StackedStore.Header));
        List<CachedFile> files = [world.Cache.Open(lowest, leaveOpen: true)];
        for (int level = 1; level < 3; level++)
        {
            files.Add(world.Cache.Open(storeOn(files[^1]), leaveOpen: true));
        }

        world.LevelsBelow = levelsBelow;
        return (files, lowest);
    }

    /// <summary>Writes pages, each in two parts, and goes on after errors until each is written.</summary>
    private static async Task WriteStackAsync(CachedFile file, int from, int until)
    {
        for (int page = from; page < until; page++)
        {
            byte[] bytes = World.Fill((byte)(page + 1), Page);
            await TryUntilDoneAsync(() => file.WriteAsync(page * Page, bytes.AsMemory(0, 1000)));
            await TryUntilDoneAsync(() => file.WriteAsync((page * Page) + 1000, bytes.AsMemory(1000)));
        }
    }

    private static async Task TryUntilDoneAsync(Func<ValueTask> call)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                await call();
                return;
            }
            catch (IOException) when (tries < 100)
            {
                continue;
            }
        }
    }

    private static void CloseStack(World world, List<CachedFile> files, CrashStore lowest)
    {
        world.Run(async () =>
        {
            foreach (var file in Enumerable.Reverse(files)) await TryUntilDoneAsync(() => file.CloseAsync());
        });
        byte[] stored = lowest.Log.Durable[(2 * StackedStore.Header)..];
        for (int level = 1; level < files.Count; level++) StackedStore.Decode(stored);
        for (int page = 0; page < StackedPages; page++)
        {
            int wrong = stored.AsSpan(page * Page, Page).IndexOfAnyExcept((byte)(page + 1));
            World.Rule(wrong < 0, $"page {page} of the upper file is durable in the lowest store");
        }
    }
}
