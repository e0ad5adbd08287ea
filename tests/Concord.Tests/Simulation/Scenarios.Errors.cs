using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

// Scenarios of failures, cancellation, limits and closing.
internal static partial class Scenarios
{
    private static void SharerWritesDown(World world)
    {
        var services = world.FileOfFirst!;
        var sharer = new WritingSharer(world, services);
        services.AddSharer(sharer);
        world.Run(
            async () =>
            {
                await world.WriteAsync(world.File, 0, 5000);
                var result = await world.FlushAsync(world.File);
                World.Rule(result is { Status: CoherencyStatus.Success },
                    $"what was written down meanwhile is written back too: {result}");
                World.Rule(sharer.Writes > 0, "the sharer wrote");
            },
            () => world.LoadAsync(0, pages: 3),
            world.LazyPassAsync);
        services.RemoveSharer(sharer);
    }

    private static void CancelledFlush(World world) => world.Run(
        async () =>
        {
            for (int page = 0; page < 20; page += 2) await world.WriteAsync(world.File, page * Page + 10, 3000);
            using var stop = new CancellationTokenSource();
            int turns = world.Random.Next(40);
            world.Scheduler.Post(() => _ = CancelAfterAsync(world, stop, turns));
            try
            {
                // What was written stays written, and the end of the run checks that nothing unwritten is gone.
                await world.FlushAsync(world.File, cancellationToken: stop.Token);
            }
            catch (OperationCanceledException)
            {
                World.Rule(stop.IsCancellationRequested, "only who was asked to stop stops");
            }
        },
        () => world.ReadAsync(world.File, 0, 10 * Page),
        world.LazyPassAsync);

    private static async Task CancelAfterAsync(World world, CancellationTokenSource stop, int turns)
    {
        await world.PauseAsync(turns);
        Stop(stop);
    }

    private static void ThrottledWriters(World world) => world.Run(
        () => WriteAlongAsync(world, 0, 8),
        () => WriteAlongAsync(world, 8, 8),
        async () =>
        {
            await WriteAlongAsync(world, 16, 3);
            World.Rule(world.Cache.State.Counters.Dirty <= 3 + 3 * world.Cache.State.PiecePagesMax,
                "dirty pages stay near their limit");
        });

    private static void CloseAgainstOpen(World world) => world.Run(
        async () =>
        {
            var second = world.Open();
            await world.WriteAsync(second, 200, 7000);
            world.Disown(second);
            await second.CloseAsync();
        },
        async () =>
        {
            await world.WriteAsync(world.File, 9000, 3000);
            var third = world.Open();
            await world.ReadAsync(third, 0, 12_000);
            world.Disown(third);
            await third.CloseAsync();
            await world.ReadAsync(world.File, 0, 12_000);
        });

    private static void CloseAgainstWrite(World world)
    {
        var other = new CrashStore(world.Scheduler, World.Fill(Oracle.First, 3 * Page));
        var handle = world.Cache.Open(other, leaveOpen: true);
        bool isWritten = false;
        world.Run(
            async () =>
            {
                try
                {
                    await handle.WriteAsync(100, World.Fill(7, 5000));
                    isWritten = true;
                }
                catch (ObjectDisposedException)
                {
                    World.Rule(!isWritten, "the close was first, and the writer knows it");
                }
            },
            async () =>
            {
                await world.PauseAsync(world.Random.Next(8));
                await handle.CloseAsync();
            });
        World.Rule(!isWritten || other.Log.Durable.AsSpan(100, 5000).IndexOfAnyExcept((byte)7) < 0,
            "a write that succeeded before the close is durable after it");
        World.Rule(world.Cache.DirtyBytes == 0, "nothing dirty is left of a closed file");
    }

    private static void CancelledLoad(World world)
    {
        using var stop = new CancellationTokenSource();
        world.Run(
            async () =>
            {
                try
                {
                    await world.ReadAsync(world.File, 0, 3 * Page, cancellationToken: stop.Token);
                }
                catch (OperationCanceledException)
                {
                    World.Rule(stop.IsCancellationRequested, "only who was asked to stop stops");
                }
            },
            async () => World.Rule(await world.ReadAsync(world.File, 100, 2 * Page),
                "who waits for a load is not failed by another's cancellation"),
            async () =>
            {
                await world.PauseAsync(world.Random.Next(12));
                Stop(stop);
            });
    }

    /// <summary>
    /// Cancels on this thread: <see cref="CancellationTokenSource.CancelAsync"/> would call back on one of the pool,
    /// which no seed orders.
    /// </summary>
    private static void Stop(CancellationTokenSource stop) => stop.Cancel();

    private static void CutAgainstFailedBarrier(World world)
    {
        world.Store.FaultOf = (call, _, number) =>
            call == StoreCall.Barrier && number == 1 ? StoreFault.Refused : StoreFault.None;
        world.Run(
            async () =>
            {
                await world.WriteAsync(world.File, 0, 4 * Page);
                await world.LazyPassAsync();
                await world.LazyPassAsync();
                await world.SetLengthAsync(world.File, Page + 300);
                await world.ReadAsync(world.File, 0, 3 * Page);
            },
            async () =>
            {
                await world.PauseAsync(world.Random.Next(60));
                var ledger = world.FileOfFirst!.State.Ledger;
                try
                {
                    await ledger.MakeDurableAsync(ledger.Accepted, CallMode.Async);
                }
                catch (IOException error)
                {
                    world.Hear(world.File, error);
                }
            },
            async () =>
            {
                for (int i = 0; i < 6; i++)
                {
                    await world.PauseAsync(world.Random.Next(20));
                    await world.LazyPassAsync();
                }
            });
    }

    private static void LazyWriterFails(World world)
    {
        int failing = world.Random.Next(1, 4);
        world.Store.FaultOf = (call, _, number) =>
            call == StoreCall.Write && number == failing ? (StoreFault)world.Random.Next(1, 4) : StoreFault.None;
        world.Run(
            () => WriteAlongAsync(world, 0, 4),
            async () =>
            {
                await world.LazyPassAsync();
                await world.LazyPassAsync();
            },
            async () =>
            {
                await world.PauseAsync(world.Random.Next(30));
                await world.FlushAsync(world.File, new ByteRange(0, 4 * Page));
                await world.ReadAsync(world.File, 0, 4 * Page);
            });
    }

    private static void LargeLease(World world) => world.Run(
        async () =>
        {
            await world.ReadAsync(world.File, 10 * Page, 100);
            World.Rule(await world.WriteLeasedAsync(world.File, new ByteRange(0, 21 * Page),
                _ => world.LazyPassAsync()), "a lease may be larger than the capacity (I7)");
        },
        () => world.ReadAsync(world.File, 22 * Page, 4 * Page));

    private static void TwoFilesCompete(World world)
    {
        var other = new CrashStore(world.Scheduler, World.Fill(3, 24 * Page));
        var file = world.Cache.Open(other, leaveOpen: true);
        world.Run(
            () => WriteAlongAsync(world, 0, 16),
            async () =>
            {
                for (int page = 0; page < 24; page++) await file.WriteAsync(page * Page, World.Fill(4, Page));
            },
            async () =>
            {
                byte[] bytes = new byte[Page];
                for (int page = 0; page < 12; page++) await file.ReadAsync((23 - page) * Page, bytes);
            });
        World.Rule(world.HeardByAnybody == 0, "who waits for room gets it, and no error, while pages can leave");
        world.Run(async () => await file.CloseAsync());
        World.Rule(other.Log.Durable.AsSpan().IndexOfAnyExcept((byte)4) < 0, "the other file is durable");
    }

    private static void ThrottledByFailure(World world)
    {
        var other = new CrashStore(world.Scheduler, World.Fill(3, 4 * Page));
        var file = world.Cache.Open(other, leaveOpen: true);
        world.Store.FaultOf = static (call, _, _) => call == StoreCall.Write ? StoreFault.Refused : StoreFault.None;
        bool isRefused = false;
        world.Run(async () =>
        {
            using var lease = await file.LeaseAsync(new ByteRange(0, 100), LeaseAccess.Write);
            for (int page = 0; page < 10 && !isRefused; page++)
                isRefused = !await world.WriteAsync(world.File, page * Page, Page);
        });
        World.Rule(isRefused, "a writer at the limit gets an error when nothing can be written (I7)");
        world.Store.Heal();
        world.Run(async () => await file.CloseAsync());
    }

    private static void HoldAgainstHits(World world) => world.Run(
        async () =>
        {
            using var hold = await world.File.AcquireExclusiveAsync();
            var result = await world.FlushAsync(hold, listener: world.File);
            World.Rule(result is { IsComplete: true }, "who holds the file leaves nothing behind");
            foreach (var extent in world.FileOfFirst!.State.Extents.All)
                World.Rule(extent.Resident == PageMask.None, "nobody brings pages back while the file is held");
        },
        () => WriteAlongAsync(world, 0, 4),
        () => world.ReadAsync(world.File, 0, 3 * Page));

    /// <summary>Has a page of its own copies dirty whenever it is asked to drop them, for the first rounds.</summary>
    private sealed class WritingSharer(World world, FileServices services) : ISharer
    {
        private const int Offset = 10, Bytes = 200;

        internal int Writes { get; private set; }

        private long Index => PageGeometry.ExtentOf(world.Origin);

        private ulong Page => PageGeometry.PagesOf(Index, new ByteRange(world.Origin, 1));

        public bool IsUserView => false;

        public bool CanWrite(ByteRange range) => true;

        public async ValueTask CollectWritesAsync(
            ByteRange range, CallMode mode, CancellationToken cancellationToken) =>
            await world.PauseAsync(1);

        public async ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
            ByteRange range, CallMode mode, CancellationToken cancellationToken)
        {
            await world.PauseAsync(world.Random.Next(4));
            if (Writes == 2) return [];
            Writes++;
            while (!TryWriteDown()) await services.Loader.EnsureResidentAsync(Index, Page, mode, cancellationToken);
            return [];
        }

        private bool TryWriteDown()
        {
            if (services.State.Extents.Find(Index) is not { } extent) return false;
            lock (extent)
            {
                if ((extent.Writable & Page) == 0) return false;
                byte value = world.Oracle.NextValue();
                var changes = world.Oracle.BeginWrite(world.Origin + Offset, Bytes, value);
                int inside = world.Origin + Offset - (int)PageGeometry.StartOf(Index);
                extent.BytesAt(inside, Bytes).Fill(value);
                extent.MarkDirty(Page);
                world.Oracle.End(changes);
                return true;
            }
        }
    }
}
