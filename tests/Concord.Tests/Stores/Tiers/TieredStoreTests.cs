using Concord.Caching;
using Concord.Stores;
using Concord.Stores.Http;
using Concord.Testing;
using Concord.Tests.Stores.Http;
using Concord.Tests.Stores.S3;

namespace Concord.Tests.Stores.Tiers;

/// <summary>A slow store through a tier on disk: the same bytes, brought once.</summary>
[Collection(SideBySide.Stores)]
public sealed class TieredStoreTests : IDisposable
{
    private const int StoreBytes = (20 * TierFolder.BlockBytes) + 1_234;

    private readonly TierFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Checks => [.. ReadOnlyStoreConformance.CheckNames];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Checks))]
    public async Task It_keeps_the_promises_of_a_store_that_takes_no_writes(string check)
    {
        using var tier = _folder.Open(400);
        for (int turn = 0; turn < 2; turn++) Assert.True((await new Conformance(tier).RunAsync(check)).Ran);
    }

    [Fact]
    public async Task What_was_read_once_is_not_asked_for_again_also_after_a_restart()
    {
        using (var tier = _folder.Open(30))
        {
            Assert.Equal(0, await TierFolder.ReadAllAsync(tier, StoreBytes));
            await tier.FlushAsync(Token);
            Assert.Equal(StoreBytes, await TierFolder.ReadAllAsync(tier, StoreBytes, pieceBytes: 30_001));
            var had = tier.GetCurrentStatistics();
            Assert.Equal((21, null), (had.Blocks, had.FillFailure));
            Assert.Equal((StoreBytes + 4_095) / 4_096 * 4_096, had.HeldBytes);
        }

        using var again = _folder.Open(30);
        var below = new VersionedStore(StoreBytes);
        using var store = new TieredStore(below, again);
        Assert.Equal(StoreBytes, await store.ReadAsync(0, new byte[StoreBytes], Token));
        Assert.Equal(0, below.Reads);
    }

    [Fact]
    public async Task A_version_is_never_taken_for_another()
    {
        using var tier = _folder.Open(90);
        for (int turn = 0; turn < 2; turn++)
        {
            for (int version = 1; version <= 3; version++)
            {
                long fromTier = await TierFolder.ReadAllAsync(tier, StoreBytes, version);
                Assert.Equal(turn == 0 ? 0 : StoreBytes, fromTier);
                await tier.FlushAsync(Token);
            }
        }
    }

    [Fact]
    public async Task A_read_that_meets_a_refresh_is_of_one_version_whole()
    {
        using var tier = _folder.Open(90);
        await TierFolder.ReadAllAsync(tier, StoreBytes);
        await tier.FlushAsync(Token);
        using (var half = new TieredStore(new VersionedStore(StoreBytes, 2), tier))
            _ = await half.ReadAsync(TierFolder.BlockBytes, new byte[TierFolder.BlockBytes], Token);
        await tier.FlushAsync(Token);

        // The start of the read is in the tier, its end is not; the store goes on with another version between.
        var below = new VersionedStore(StoreBytes, 2) { Next = 3 };
        using var store = new TieredStore(below, tier);
        below.Meanwhile = async () =>
        {
            below.Meanwhile = null;
            await store.RefreshAsync(Token);
        };
        byte[] bytes = new byte[3 * TierFolder.BlockBytes];
        Assert.Equal(bytes.Length, await store.ReadAsync(TierFolder.BlockBytes, bytes, Token));
        Assert.Equal(VersionedStore.Content(TierFolder.BlockBytes, bytes.Length, 3), bytes);

        // Bytes that came while versions changed were put into the tier under no name.
        await tier.FlushAsync(Token);
        foreach (int version in (int[])[1, 2, 3]) await TierFolder.ReadAllAsync(tier, StoreBytes, version);
    }

    [Fact]
    public async Task A_refresh_there_and_back_leaves_nothing_of_the_version_between()
    {
        using var tier = _folder.Open(90);
        var below = new VersionedStore(StoreBytes) { Next = 2 };
        using var store = new TieredStore(below, tier);
        below.Meanwhile = async () =>
        {
            below.Meanwhile = null;
            await store.RefreshAsync(Token);
            await store.ReadAsync(0, new byte[StoreBytes], Token);
            below.Next = 1;
            await store.RefreshAsync(Token);
        };
        await store.ReadAsync(0, new byte[StoreBytes], Token);
        await tier.FlushAsync(Token);
        foreach (int version in (int[])[1, 2]) await TierFolder.ReadAllAsync(tier, StoreBytes, version);
    }

    [Fact]
    public async Task Random_reads_are_those_of_the_store_while_blocks_come_and_go()
    {
        const int Reads = 10_000;
        var random = new Random(3);
        byte[] bytes = new byte[20_000];
        long fromTier = 0;
        for (int part = 0; part < 4; part++)
        {
            // A tier that has room for half of the store, opened anew a few times.
            using var tier = _folder.Open(10);
            using var store = new TieredStore(new VersionedStore(StoreBytes), tier);
            for (int i = 0; i < Reads / 4; i++)
            {
                int offset = random.Next(StoreBytes), wanted = random.Next(1, bytes.Length);
                int count = await store.ReadAsync(offset, bytes.AsMemory(0, wanted), Token);
                Assert.Equal(Math.Min(wanted, StoreBytes - offset), count);
                Assert.True(VersionedStore.Content(offset, count, 1).AsSpan().SequenceEqual(bytes.AsSpan(0, count)),
                    $"{count} bytes at {offset}");
            }

            // What was dropped because the filler was late does not count: something comes.
            await tier.FlushAsync(Token);
            fromTier += tier.GetCurrentStatistics().BytesRead;
            Assert.InRange(tier.GetCurrentStatistics().Blocks, 1, 10);
            Assert.Equal(0, tier.GetCurrentStatistics().PagesDamaged);
        }

        Assert.True(fromTier > 0, "nothing came from the tier");
        Assert.InRange(new FileInfo(_folder.Blocks).Length, 1, 10 * TierFolder.BlockBytes);
    }

    [Fact]
    public async Task A_block_that_is_read_again_and_again_outlives_a_long_pass()
    {
        using var tier = _folder.Open(8);
        using var store = new TieredStore(new VersionedStore(StoreBytes), tier);
        byte[] bytes = new byte[TierFolder.BlockBytes];
        await store.ReadAsync(0, bytes, Token);
        await tier.FlushAsync(Token);
        for (int block = 1; block < 20; block++)
        {
            await store.ReadAsync(block * (long)TierFolder.BlockBytes, bytes, Token);
            await store.ReadAsync(0, bytes.AsMemory(0, 4_096), Token);
            await tier.FlushAsync(Token);
        }

        Assert.Equal(19 * 4_096, tier.GetCurrentStatistics().BytesRead);
    }

    [Fact]
    public async Task One_request_goes_below_for_what_is_missing_between()
    {
        using var tier = _folder.Open(30);
        var below = new VersionedStore(StoreBytes);
        using var store = new TieredStore(below, tier);
        foreach (int at in (int[])[0, 300_000, 500_000])
        {
            await store.ReadAsync(at / 4_096 * 4_096, new byte[40_960], Token);
            await tier.FlushAsync(Token);
        }

        long before = below.BytesAsked;
        byte[] bytes = new byte[(500_000 / 4_096 * 4_096) + 40_960];
        Assert.Equal(bytes.Length, await store.ReadAsync(0, bytes, Token));
        Assert.Equal(VersionedStore.Content(0, bytes.Length, 1), bytes);
        Assert.Equal((4, bytes.Length - 81_920), (below.Reads, below.BytesAsked - before));
    }

    [Fact]
    public async Task What_a_slow_tier_cannot_take_is_dropped_and_nobody_waits_for_it()
    {
        const int Pieces = 300, QueuedPieces = 256;
        var slots = new TierSlots(Pieces);
        using var files = TierFiles.Open(_folder.Path, Pieces);
        var filler = new TierFiller(files, slots);
        byte[] block = new byte[TierFolder.BlockBytes];
        filler.Add(default, "file", Pieces, 0, block);
        await filler.FlushAsync(Token);

        // While the files are held, blocks are taken up to 16 MiB, and then no more.
        using var isHeld = new ManualResetEventSlim();
        using var isFreed = new ManualResetEventSlim();
        var holder = Task.Run(
            () => filler.Erase(_ =>
            {
                isHeld.Set();
                isFreed.Wait(Token);
                return false;
            }), Token);
        isHeld.Wait(Token);
        for (int i = 0; i < Pieces; i++) filler.Add(default, "file", i, 0, block);
        Assert.Equal((Pieces - QueuedPieces) * (long)TierFolder.BlockBytes, filler.BytesDropped);
        isFreed.Set();
        await holder;
        await filler.FlushAsync(Token);
        Assert.Equal((QueuedPieces + 1) * (long)TierFolder.BlockBytes, filler.BytesAdded);
        Assert.Equal((QueuedPieces + 1, null), (slots.Totals.Blocks, filler.Failure));
        filler.Close();
    }

    [Fact]
    public async Task A_tier_that_is_purged_or_closed_leaves_its_stores_readable()
    {
        var tier = _folder.Open(30);
        using var store = new TieredStore(new VersionedStore(StoreBytes), tier);
        await TierFolder.ReadAllAsync(tier, StoreBytes);
        await tier.FlushAsync(Token);
        tier.Clear();
        Assert.Equal(0, tier.GetCurrentStatistics().HeldBytes);
        Assert.Equal((0L, 4_096L), (new FileInfo(_folder.Blocks).Length, new FileInfo(_folder.Index).Length));
        Assert.Equal(0, await TierFolder.ReadAllAsync(tier, StoreBytes));
        tier.Dispose();
        tier.Dispose();
        byte[] bytes = new byte[9_999];
        Assert.Equal(bytes.Length, await store.ReadAsync(7, bytes, Token));
        Assert.Equal(VersionedStore.Content(7, bytes.Length, 1), bytes);
        Assert.Throws<ObjectDisposedException>(() => tier.Clear());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => tier.FlushAsync(Token));
    }

    [Fact]
    public async Task Another_capacity_keeps_what_it_has_room_for()
    {
        using (var tier = _folder.Open(30))
        {
            await TierFolder.ReadAllAsync(tier, StoreBytes);
            await tier.FlushAsync(Token);
        }

        using (var smaller = _folder.Open(7)) Assert.Equal(7, smaller.GetCurrentStatistics().Blocks);
        Assert.Equal(7 * TierFolder.BlockBytes, new FileInfo(_folder.Blocks).Length);
        using var larger = _folder.Open(50);
        long kept = await TierFolder.ReadAllAsync(larger, StoreBytes, pieceBytes: TierFolder.BlockBytes);
        Assert.Equal(7 * TierFolder.BlockBytes, kept);
    }

    [Fact]
    public async Task Leases_and_views_over_a_tier_show_the_file()
    {
        using var tier = _folder.Open(30);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        for (int turn = 0; turn < 2; turn++)
        {
            using var file = cache.Open(new TieredStore(new VersionedStore(StoreBytes), tier));
            using (var lease = file.Lease(new ByteRange(100_001, 50_000), LeaseAccess.Read))
                Assert.Equal(VersionedStore.Content(100_001, 50_000, 1), lease.Span.ToArray());
            if (PageFaultDispatcher.Shared.UnsupportedReason.Length == 0)
            {
                using var view = file.MapView(new ByteRange(400_000, 70_000));
                byte[] seen = new byte[70_000];
                Assert.Equal(seen.Length, view.Read(0, seen));
                Assert.Equal(VersionedStore.Content(400_000, 70_000, 1), seen);
            }

            Assert.True(file.FlushAndPurge().IsComplete);
            await tier.FlushAsync(Token);
        }

        Assert.True(tier.GetCurrentStatistics().BytesRead >= 120_000, "the second time it came from the tier");
    }

    [Fact]
    public async Task Files_of_a_tier_are_their_owners_and_hold_no_secrets()
    {
        await using var server = await RangeServer.StartAsync(new byte[200_000]);
        var address = new Uri(server.Address.AbsoluteUri.Replace("//", "//me:password@", StringComparison.Ordinal)
            + "?signature=query");
        using (var tier = _folder.Open(30))
        {
            using var store = new TieredStore(HttpStore.Open(address), tier);
            Assert.Equal(200_000, await store.ReadAsync(0, new byte[200_000], Token));
        }

        foreach (string path in (string[])[_folder.Index, _folder.Blocks])
        {
            string text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path));
            Assert.All(
                (string[])["password", "signature", "query"],
                secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Contains("/data?...", File.ReadAllText(_folder.Index), StringComparison.Ordinal);
        using var again = _folder.Open(30);
        using var same = new TieredStore(HttpStore.Open(address), again);
        int before = server.Ranges.Count;
        Assert.Equal(200_000, await same.ReadAsync(0, new byte[200_000], Token));
        Assert.Equal(before, server.Ranges.Count);
    }

    [Fact]
    public async Task Objects_of_S3_have_a_tier_too_and_versions_are_told_apart()
    {
        byte[] first = VersionedStore.Content(0, 200_000, 1), second = VersionedStore.Content(0, 200_000, 2);
        await using var service = await S3Service.StartAsync(first);
        using var tier = _folder.Open(30);
        byte[] bytes = new byte[200_000];
        for (int turn = 0; turn < 2; turn++)
        {
            using var store = new TieredStore(await service.OpenAsync(), tier);
            Assert.Equal(bytes.Length, await store.ReadAsync(0, bytes, Token));
            Assert.Equal(first, bytes);
            Assert.Equal(turn * bytes.Length, tier.GetCurrentStatistics().BytesRead);
            await tier.FlushAsync(Token);
            if (turn == 0) continue;
            (service.Server.Content, service.Server.Tag) = (second, "\"second\"");
            await store.RefreshAsync(Token);
            Assert.Equal(bytes.Length, await store.ReadAsync(0, bytes, Token));
            Assert.Equal(second, bytes);
        }
    }

    [Fact]
    public void What_cannot_be_a_tier_is_refused_with_what_to_do()
    {
        Assert.Throws<ArgumentException>(() => DiskTier.Open("", 1 << 20));
        Assert.Throws<ArgumentOutOfRangeException>(() => DiskTier.Open(_folder.Path, DiskTier.MinCapacityBytes - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => DiskTier.Open(_folder.Path, DiskTier.MaxCapacityBytes + 1));
        using var tier = _folder.Open(3);
        var second = Assert.Throws<IOException>(() => _folder.Open(3));
        if (OperatingSystem.IsLinux()) Assert.Contains("this process", second.Message, StringComparison.Ordinal);
        var error = Assert.Throws<ArgumentException>(() => new TieredStore(new VersionedStore(10, 0), tier));
        Assert.Contains("without a tier", error.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows()) return;
        string open = _folder.Path + "-open";
        Directory.CreateDirectory(open);
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        var refused = Assert.Throws<IOException>(() => DiskTier.Open(open, 1 << 20));
        Assert.Contains("chmod go-w", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(open));
    }

    private sealed class Conformance(DiskTier tier) : ReadOnlyStoreConformance
    {
        private const int Bytes = (16 << 20) + 1_234;

        private static readonly byte[] Bytes16 = VersionedStore.Content(0, Bytes, 1);

        protected override ReadOnlyMemory<byte> Content => Bytes16;

        protected override BackingStore Open() => new TieredStore(new VersionedStore(Bytes), tier);

        protected override BackingStore? OpenAgain(BackingStore store) => Open();
    }
}
