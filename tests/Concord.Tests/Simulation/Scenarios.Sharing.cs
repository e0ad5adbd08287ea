namespace Concord.Tests.Simulation;

// Scenarios of sharers and of holders who write the store themselves.
internal static partial class Scenarios
{
    private static IEnumerable<Scenario> Sharing() =>
    [
        new("a mount writes down while the operation invalidates", Plain, MountUnderPurge),
        new("a mount writes down while an uncached write invalidates", Plain with { FileBytes = 6 * Page },
            MountUnderUncachedWrite),
        new("a mount writes down more than fits in a suspended range",
            Plain with { FileBytes = 40 * Page, FileBytesMax = 40 * Page }, MountUnderPressure),
        new("a holder writes the store below a suspended range under leases, loads and a mount",
            Plain with { FileBytes = 6 * Page }, HolderWritesBelowBar),
        new("the file is cut while a mount writes down behind the cut", Plain, CutAgainstMount),
        new("a file is closed while a sharer loads and writes down", Plain, CloseAgainstSharer),
        new("two writers meet at the file's end", Plain, WritersMeetAtTheEnd),
        new("leases overwrite pages while others read, flush and evict",
            Plain with { FileBytes = 30 * Page, FileBytesMax = 40 * Page }, OverwritesAgainstAll),
        new("the log is first, whatever fails", Plain with { FileBytes = 20 * Page, FileBytesMax = 24 * Page },
            LogBeforePages),
    ];

    private static void WithMount(World world, Func<MountSharer, Func<Task>[]> tasks)
    {
        var services = world.FileOfFirst!;
        var mount = new MountSharer(world, services);
        services.AddSharer(mount);
        world.Run(tasks(mount));
        world.Run(mount.WriteDownAsync);
        services.RemoveSharer(mount);
    }

    private static void MountUnderPurge(World world) => WithMount(world, mount =>
    [
        async () =>
        {
            mount.Write(100, 300);
            mount.Write(Page, Page);
            var result = await world.FlushAsync(world.File);
            World.Rule(result is { IsComplete: true }, $"what is written down meanwhile is written back too: {result}");
            World.Rule(mount.WrittenWhileInvalidated >= 2, "the mount gave up what it had");
        },
        async () =>
        {
            await world.PauseAsync(world.Random.Next(30));
            mount.Write(2 * Page - 50, 100);
            await mount.ReadAsync(0, 2 * Page);
        },
        world.LazyPassAsync,
        () => world.LoadAsync(0, pages: 3),
    ]);

    private static void MountUnderUncachedWrite(World world) => WithMount(world, mount =>
    [
        async () =>
        {
            mount.Write(Page, Page);
            mount.Write(2 * Page + 10, 500);
            await world.WriteUncachedAsync(world.File, Page + 100, 5000);
            await world.ReadAsync(world.File, 0, 4 * Page);
        },
        async () =>
        {
            await world.PauseAsync(world.Random.Next(40));
            mount.Write(world.Random.Next(4 * Page), 700);
            if (world.Random.Next(2) == 0) await mount.WriteDownAsync();
        },
        async () =>
        {
            for (int i = 0; i < 4; i++) await mount.ReadAsync(Page + i * 50, Page);
        },
        async () =>
        {
            for (int i = 0; i < 3; i++) await world.LazyPassAsync();
        },
    ]);

    private static void MountUnderPressure(World world) => WithMount(world, mount =>
    [
        async () =>
        {
            for (int page = 0; page < 24; page++) mount.Write(page * Page, page % 3 == 0 ? 900 : Page);
            using var hold = await world.File.AcquireExclusiveAsync();
            using var suspended = await hold.SuspendAsync(world.At(new ByteRange(0, 30 * Page)));
            World.Rule(suspended.Result.IsComplete && mount.KeptDirty == 0,
                $"a purge may need more room than there is: {suspended.Result}");
            await suspended.ResumeAsync();
        },
        async () =>
        {
            for (int i = 0; i < 4; i++) await mount.ReadAsync((30 + i) * Page, Page);
        },
    ]);

    private static void HolderWritesBelowBar(World world)
    {
        if (world.Random.Next(2) == 0) FailSome(world, StoreCall.Read, StoreCall.Write);
        WithMount(world, mount =>
        [
            async () =>
            {
                for (int i = 0; i < 2; i++)
                {
                    using var hold = await world.File.AcquireExclusiveAsync();
                    await WriteBelowBarAsync(world, hold, 500 + i * Page, 6000);
                }

                await world.ReadAsync(world.File, 0, 4 * Page);
            },
            () => world.WriteLeasedAsync(world.File, new ByteRange(3000, 3000),
                async _ => await world.PauseAsync(world.Random.Next(30))),
            async () =>
            {
                await world.PauseAsync(world.Random.Next(30));
                mount.Write(2 * Page, 300);
            },
            async () =>
            {
                for (int i = 0; i < 4; i++) await world.LoadAsync(Page, pages: 2);
                await world.LazyPassAsync();
            },
        ]);
    }

    private static async Task WriteBelowBarAsync(World world, ExclusiveHold hold, int offset, int length)
    {
        offset += world.Origin;
        try
        {
            using var suspended = await hold.SuspendAsync(new ByteRange(offset, length));
            byte value = world.Oracle.NextValue();
            var changes = world.Oracle.BeginWrite(offset, length, value);
            world.Store.Overwrite(offset, World.Fill(value, length));
            await world.PauseAsync(world.Random.Next(6));
            await ResumeAsync(world, suspended);
            world.Oracle.End(changes);
        }
        catch (IOException error)
        {
            world.Hear(world.File, error);
        }
    }

    /// <summary>Tries until the store can be asked: the range stays suspended meanwhile.</summary>
    private static async Task ResumeAsync(World world, SuspendedRange suspended)
    {
        while (true)
        {
            try
            {
                await suspended.ResumeAsync();
                return;
            }
            catch (IOException error)
            {
                world.Hear(world.File, error);
                world.Store.Heal();
            }
        }
    }

    private static void CutAgainstMount(World world) => WithMount(world, mount =>
    [
        async () =>
        {
            await world.WriteAsync(world.File, 0, 3 * Page);
            await world.SetLengthAsync(world.File, Page + 300);
            await world.ReadAsync(world.File, 0, 3 * Page);
        },
        async () =>
        {
            // Below the cut: what lies behind it belongs to nobody once the length is set.
            mount.Write(Page - 100, 200);
            await world.PauseAsync(world.Random.Next(40));
            await mount.WriteDownAsync();
            await world.FileOfFirst!.Paging.WriteAsync(world.Origin + Page + 400, World.Fill(Oracle.First, 100),
                Scheduling.CallMode.Async, CancellationToken.None);
        },
        async () =>
        {
            for (int i = 0; i < 4; i++) await world.LazyPassAsync();
        },
    ]);

    private static void CloseAgainstSharer(World world)
    {
        // Two extents, so that paging I/O can come to one while the other is looked at.
        var other = new CrashStore(world.Scheduler, World.Fill(Oracle.First, 66 * Page));
        var handle = world.Cache.Open(other, leaveOpen: true);
        var services = world.Cache.Services.FileOf(other)!;
        int written = 0;
        world.Run(
            async () =>
            {
                try
                {
                    for (int i = 1; i <= 4; i++)
                    {
                        await services.Paging.ReadAsync(0, new byte[2 * Page], Scheduling.CallMode.Async,
                            CancellationToken.None);
                        await services.Paging.ReadAsync(65 * Page, new byte[Page], Scheduling.CallMode.Async,
                            CancellationToken.None);
                        await services.Paging.WriteAsync(Page, World.Fill((byte)i, Page), Scheduling.CallMode.Async,
                            CancellationToken.None);
                        written = i;
                        await world.PauseAsync(world.Random.Next(20));
                    }
                }
                catch (ObjectDisposedException)
                {
                    World.Rule(world.Cache.Services.Files.Count == 1,
                        "only who comes after the close is told that the file is gone");
                }
            },
            async () =>
            {
                await world.PauseAsync(world.Random.Next(50));
                await handle.CloseAsync();
            });
        World.Rule(other.Log.Durable[Page] == (written == 0 ? Oracle.First : written),
            $"what was written down before the close is durable: {written}");
        World.Rule(world.Cache.ResidentBytes == 0 && world.Cache.DirtyBytes == 0, "nothing is left of a closed file");
    }

    private static void WritersMeetAtTheEnd(World world)
    {
        int end = world.Options.FileBytes;
        var second = world.Open();
        world.Run(
            () => world.WriteAsync(world.File, end - 10, 700),
            async () =>
            {
                await world.PauseAsync(world.Random.Next(10));
                await world.WriteAsync(second, end + 1000, 5000 + world.Random.Next(Page));
            },
            () => WriteAlongAsync(world, 0, 2),
            async () =>
            {
                for (int i = 0; i < 3; i++)
                {
                    await world.LazyPassAsync();
                    await world.FlushAsync(second, options: i == 1 ? CoherencyOptions.None : CoherencyOptions.NoPurge);
                }
            });
        world.Run(() => world.ReadAsync(world.File, end - 100, 3000));
        int zeros = world.Store.Content.Length;
        World.Rule(world.File.Length >= end + 6000 && zeros <= world.File.Length,
            "the file ends where the last of them ended");
    }

    private static void OverwritesAgainstAll(World world)
    {
        if (world.Random.Next(2) == 0) FailSome(world, StoreCall.Write, StoreCall.Barrier);
        world.Run(
            async () =>
            {
                for (int i = 0; i < 4; i++)
                {
                    int first = world.Random.Next(20) * Page;
                    await world.OverwriteLeasedAsync(world.File, new ByteRange(first + (i % 2 * 300), 3 * Page),
                        aborts: world.Random.Next(2) == 0);
                }
            },
            async () =>
            {
                for (int i = 0; i < 3; i++)
                    await world.OverwriteLeasedAsync(world.File, new ByteRange(world.Random.Next(18) * Page, 5 * Page),
                        aborts: i == 1);
            },
            async () =>
            {
                for (int i = 0; i < 8; i++) await world.ReadAsync(world.File, world.Random.Next(24) * Page, 2 * Page);
                await WriteAlongAsync(world, 4, 6);
            },
            async () =>
            {
                for (int i = 0; i < 3; i++)
                {
                    await world.FlushAsync(world.File, new ByteRange(0, 22 * Page), i == 1
                        ? CoherencyOptions.NoPurge
                        : CoherencyOptions.None);
                    await world.LazyPassAsync();
                }
            });
    }

    private static void LogBeforePages(World world)
    {
        if (world.Random.Next(2) == 0) FailSome(world, StoreCall.Write, StoreCall.Barrier);
        var log = new SimLog(world);
        world.File.SetLog(log);
        world.Store.OnWrite = log.Check;
        world.Run(
            () => ChangeLoggedAsync(world, log, 5),
            () => ChangeLoggedAsync(world, log, 5),
            () => WriteAlongAsync(world, 6, 12),
            async () =>
            {
                for (int i = 0; i < 4; i++)
                {
                    await world.LazyPassAsync();
                    await world.FlushAsync(world.File, new ByteRange(0, 12 * Page),
                        i % 2 == 0 ? CoherencyOptions.NoPurge : CoherencyOptions.None);
                }
            });
        log.Fails = false;
    }

    private static async Task ChangeLoggedAsync(World world, SimLog log, int times)
    {
        for (int i = 0; i < times; i++)
        {
            var range = new ByteRange(world.Random.Next(10) * Page + 200, 2 * Page);
            await world.WriteLeasedAsync(
                world.File, range, async _ => await world.PauseAsync(world.Random.Next(10)), (lease, value) =>
                    lease.SetLogSequence(log.Append(value)));
        }
    }

    private static void FailSome(World world, params StoreCall[] calls)
    {
        int failing = world.Random.Next(1, 5);
        world.Store.FaultOf = (call, _, number) =>
            calls.Contains(call) && number == failing ? (StoreFault)world.Random.Next(1, 4) : StoreFault.None;
    }
}
