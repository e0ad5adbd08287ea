namespace Concord.Tests.Simulation;

/// <summary>What may happen at once, a few tasks each.</summary>
internal static partial class Scenarios
{
    private const int Page = 4096;

    private static readonly WorldOptions Plain = new();

    private static readonly WorldOptions Long = new()
    {
        CapacityPages = 96,
        FileBytes = 44 * Page - 700,
        FileBytesMax = 48 * Page,
    };

    internal static IReadOnlyList<Scenario> All { get; } =
    [
        new("a load begun before a purge ends after it", Plain, LoadAcrossPurge),
        new("a lazy write is in flight when the operation begins", Plain, LazyWriteBeforeOperation),
        new("a lease is taken while a purge closes its extent", Plain, LeaseDuringPurge),
        new("the file is cut while pages of the cut are loaded", Plain, CutAgainstLoads),
        new("the file is cut and made longer again while pages are loaded", Plain, CutAndExtendAgainstLoads),
        new("a barrier fails after an eviction was wanted", Plain with { FileBytesMax = 40 * Page },
            BarrierFailsUnderPressure),
        new("pages are evicted while others are overwritten", Plain with { FileBytesMax = 40 * Page },
            EvictionAgainstOverwrites),
        new("two flushers share a barrier", Plain, TwoFlushers),
        new("two flushers share a barrier that fails", Plain, TwoFlushersOneFailure),
        new("a sharer writes down while it invalidates", Plain, SharerWritesDown),
        new("a flush without a purge under a writable lease", Plain, NoPurgeUnderLease),
        new("an uncached write against paging loads", Plain, UncachedWriteAgainstLoads),
        new("an uncached write under a lease against the lazy writer", Plain, UncachedWriteUnderLease),
        new("a flush is cancelled between two runs",
            Plain with { FileBytes = 20 * Page, FileBytesMax = 24 * Page, CapacityPages = 32 }, CancelledFlush),
        new("writers are throttled at the dirty limit", Plain with { DirtyPagesMax = 3, FileBytesMax = 24 * Page },
            ThrottledWriters),
        new("a handle is closed while another is opened", Plain, CloseAgainstOpen),
        new("a handle is closed while it is written", Plain, CloseAgainstWrite),
        new("a load is cancelled while another caller waits for it", Plain, CancelledLoad),
        new("the file is cut while a barrier fails and the lazy writer passes", Plain, CutAgainstFailedBarrier),
        new("the lazy writer fails while a flusher runs", Plain, LazyWriterFails),
        new("a lease is larger than the capacity", Plain with { FileBytes = 30 * Page, FileBytesMax = 40 * Page },
            LargeLease),
        new("two files compete for little room", Plain with { FileBytesMax = 24 * Page }, TwoFilesCompete),
        new("a writer waits while one file cannot be written and a page of another is leased for writing",
            Plain with { DirtyPagesMax = 4, FileBytesMax = 24 * Page }, ThrottledByFailure),
        new("a hold is used while others hit", Plain, HoldAgainstHits),
        .. Sharing(),
        .. Stacks(),
        new("long ranges are loaded side by side while the file is cut, written and purged", Long, LongReads),
        new("long ranges are loaded side by side in little memory, and requests fail",
            Long with { CapacityPages = 24 }, FailedLongReads),
        new("the file is cut, made longer and purged while it is read ahead",
            Plain with { FileBytes = 9 * Page - 500, ReadAheadPages = 6 }, CutAgainstReadAhead),
    ];

    private static void LoadAcrossPurge(World world) => world.Run(
        () => world.LoadAsync(0, pages: 2),
        async () =>
        {
            await world.PauseAsync(world.Random.Next(6));
            var result = await world.FlushAsync(world.File);
            if (result is { IsComplete: true }) world.ChangeStore(100, 5000);
            await world.ReadAsync(world.File, 0, 2 * Page);
        });

    private static void LazyWriteBeforeOperation(World world) => world.Run(
        async () =>
        {
            await world.WriteAsync(world.File, 500, 6000);
            await world.FlushAsync(world.File, new ByteRange(0, 3000));
            await world.WriteAsync(world.File, 0, 9000);
            await world.FlushAsync(world.File);
        },
        async () =>
        {
            for (int i = 0; i < 3; i++) await world.LazyPassAsync();
        },
        async () =>
        {
            for (int i = 0; i < 3; i++) await world.WriteAsync(world.File, 8000 + i * 50, 500);
        });

    private static void LeaseDuringPurge(World world) => world.Run(
        () => world.WriteLeasedAsync(world.File, new ByteRange(3000, 3000),
            async _ => await world.PauseAsync(world.Random.Next(20))),
        async () =>
        {
            await world.WriteAsync(world.File, 9000, 100);
            var result = await world.FlushAsync(world.File);
            World.Rule(result is { } r && (r.IsComplete || r.Left.All(left => left.Reason == LeftReason.Lease)),
                $"only a lease holds pages: {result}");
        },
        () => world.ReadAsync(world.File, 0, 3 * Page));

    private static void CutAgainstLoads(World world) => world.Run(
        async () =>
        {
            await world.WriteAsync(world.File, 2 * Page - 100, 3000);
            await world.SetLengthAsync(world.File, 2 * Page + 17);
            await world.ReadAsync(world.File, 0, 4 * Page);
        },
        () => world.LoadAsync(0, pages: 4),
        () => world.LoadAsync(2 * Page, pages: 2));

    private static void CutAndExtendAgainstLoads(World world) => world.Run(
        async () =>
        {
            await world.SetLengthAsync(world.File, Page + 100);
            await world.SetLengthAsync(world.File, 4 * Page);
            await world.ReadAsync(world.File, 0, 4 * Page);
            await world.FlushAsync(world.File, new ByteRange(0, 2 * Page));
        },
        () => world.LoadAsync(0, pages: 4),
        async () =>
        {
            await world.PauseAsync(world.Random.Next(20));
            await world.LoadAsync(Page, pages: 2);
            await world.LazyPassAsync();
        });

    private static void BarrierFailsUnderPressure(World world)
    {
        int failing = world.Random.Next(1, 4);
        world.Store.FaultOf = (call, _, number) =>
            call == StoreCall.Barrier && number == failing ? StoreFault.Refused : StoreFault.None;
        world.Run(
            () => WriteAlongAsync(world, 0, 20),
            () => WriteAlongAsync(world, 20, 12),
            async () =>
            {
                await world.FlushAsync(world.File, new ByteRange(0, 8 * Page));
                await world.LazyPassAsync();
            });
    }

    private static void EvictionAgainstOverwrites(World world) => world.Run(
        () => WriteAlongAsync(world, 0, 18),
        () => WriteAlongAsync(world, 10, 18),
        async () =>
        {
            for (int i = 0; i < 12; i++) await world.ReadAsync(world.File, world.Random.Next(20) * Page, 3000);
        });

    private static void TwoFlushers(World world)
    {
        var second = world.Open();
        world.Run(
            () => WriteAndFlushAsync(world, world.File, 0),
            () => WriteAndFlushAsync(world, second, Page + 500),
            world.LazyPassAsync);
    }

    private static void TwoFlushersOneFailure(World world)
    {
        var second = world.Open();
        int failing = world.Random.Next(1, 3);
        world.Store.FaultOf = (call, _, number) =>
            call == StoreCall.Barrier && number == failing ? StoreFault.Refused : StoreFault.None;
        world.Run(
            () => WriteAndFlushAsync(world, world.File, 0),
            () => WriteAndFlushAsync(world, second, Page + 500),
            world.LazyPassAsync);
    }

    private static void NoPurgeUnderLease(World world) => world.Run(
        () => world.WriteLeasedAsync(world.File, new ByteRange(100, 5000), async _ =>
        {
            var result = await world.FlushAsync(world.File, new ByteRange(0, 3 * Page), CoherencyOptions.NoPurge);
            World.Rule(result is { Status: CoherencyStatus.CachePageLocked },
                "a page leased for writing is reported as left");
        }),
        () => WriteAlongAsync(world, 2, 4),
        world.LazyPassAsync);

    private static void UncachedWriteAgainstLoads(World world) => world.Run(
        async () =>
        {
            await world.WriteAsync(world.File, 100, 5000);
            for (int i = 0; i < 3; i++) await world.WriteUncachedAsync(world.File, 1000 + i, 6000);
            await world.WriteUncachedAsync(world.File, 4 * Page - 1200, 2000);
            await world.ReadAsync(world.File, 0, 5 * Page);
        },
        async () =>
        {
            for (int i = 0; i < 12; i++)
            {
                // Spread over the whole of the other's calls, whatever these take.
                await world.PauseAsync(world.Random.Next(8));
                await world.LoadAsync(0, pages: 3);
            }
        },
        async () =>
        {
            for (int i = 0; i < 6; i++) await world.LoadAsync(Page + i * 50);
            for (int i = 0; i < 4; i++) await world.ReadAsync(world.File, 2000, 3000);
        });

    private static void CutAgainstReadAhead(World world) => world.Run(
        async () =>
        {
            for (int page = 0; page < 9; page++) await world.ReadAsync(world.File, page * Page, Page);
            for (int page = 0; page < 6; page++) await world.ReadAsync(world.File, page * Page, Page);
        },
        async () =>
        {
            await world.PauseAsync(world.Random.Next(12));
            await world.SetLengthAsync(world.File, 3 * Page + 100);
            await world.SetLengthAsync(world.File, 8 * Page);
            await world.FlushAsync(world.File);
        },
        async () =>
        {
            await world.PauseAsync(world.Random.Next(20));
            await world.WriteAsync(world.File, 5 * Page + 700, 1500);
            await world.WriteUncachedAsync(world.File, 2 * Page, 2 * Page);
        });

    private static void UncachedWriteUnderLease(World world) => world.Run(
        () => world.WriteLeasedAsync(world.File, new ByteRange(0, 1000), async _ =>
        {
            await world.WriteUncachedAsync(world.File, Page, 5000);
            await world.ReadAsync(world.File, 0, 3 * Page, uncached: true);
        }),
        () => WriteAlongAsync(world, 3, 3),
        world.LazyPassAsync);

    /// <summary>Writes each page of a part of the file, sometimes whole, sometimes half.</summary>
    internal static async Task WriteAlongAsync(World world, int firstPage, int pages)
    {
        for (int page = firstPage; page < firstPage + pages; page++)
        {
            bool isWhole = world.Random.Next(2) == 0;
            await world.WriteAsync(world.File, page * Page + (isWhole ? 0 : 700), isWhole ? Page : 1500);
        }
    }

    private static async Task WriteAndFlushAsync(World world, CachedFile file, int offset)
    {
        for (int i = 0; i < 2; i++)
        {
            await world.WriteAsync(file, offset + i * 2 * Page, 3000);
            await world.FlushAsync(file, new ByteRange(offset, 3 * Page), i == 0
                ? CoherencyOptions.NoPurge
                : CoherencyOptions.None);
        }
    }
}
