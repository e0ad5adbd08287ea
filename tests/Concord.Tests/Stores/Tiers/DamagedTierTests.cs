namespace Concord.Tests.Stores.Tiers;

/// <summary>Whatever happens to the files of a tier, it has right bytes or none.</summary>
[Collection(SideBySide.Stores)]
public sealed class DamagedTierTests : IDisposable
{
    private const int Blocks = 6, StoreBytes = (5 * TierFolder.BlockBytes) + 4_500;

    private readonly TierFolder _folder = new();

    /// <summary>A place of each kind in the index: its head, and the fields of the first and the last record.</summary>
    public static TheoryData<int> PlacesInIndex =>
    [
        0, 14, 16, 23, 24, 27, 28, 4_095,
        .. new[] { 0, Blocks - 1 }.SelectMany(
            static record => new[] { 0, 4, 8, 23, 24, 31, 32, 34, 40, 48, 111, 112, 255 },
            static (record, field) => TierFolder.HeaderBytes + (record * TierFolder.RecordBytes) + field),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(PlacesInIndex))]
    public async Task A_flipped_bit_of_the_index_costs_copies_and_no_bytes(int place)
    {
        await FillAsync(1);
        for (int bit = 0; bit < 8; bit += 3)
        {
            Flip(_folder.Index, place, bit);
            await CheckAsync();
        }
    }

    [Fact]
    public async Task A_flipped_bit_of_a_page_costs_that_page_and_no_bytes()
    {
        await FillAsync(1);
        var random = new Random(5);
        for (int page = 0; page < StoreBytes / TierFolder.PageBytes; page += 3)
        {
            int place = (page * TierFolder.PageBytes) + random.Next(TierFolder.PageBytes);
            Flip(_folder.Blocks, place, random.Next(8));
            using (var tier = _folder.Open(Blocks))
            {
                long fromTier = await TierFolder.ReadAllAsync(tier, StoreBytes);
                Assert.InRange(fromTier, StoreBytes - (2 * TierFolder.BlockBytes), StoreBytes - TierFolder.PageBytes);
                Assert.Equal(1, tier.GetCurrentStatistics().PagesDamaged);

                // It is brought anew, and is good then.
                await tier.FlushAsync(Token);
                Assert.Equal(StoreBytes, await TierFolder.ReadAllAsync(tier, StoreBytes));
            }
        }
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 100)]
    [InlineData(true, 4_096)]
    [InlineData(true, 4_500)]
    [InlineData(false, 0)]
    [InlineData(false, 70_001)]
    public async Task A_file_that_was_cut_costs_copies_and_no_bytes(bool isIndex, int length)
    {
        await FillAsync(1);
        using (var file = File.OpenWrite(isIndex ? _folder.Index : _folder.Blocks)) file.SetLength(length);
        await CheckAsync();
    }

    [Fact]
    public async Task Sectors_of_two_moments_mixed_at_random_are_never_believed()
    {
        // What a disk may have after a loss of power that kept no order: any sector of either moment.
        await FillAsync(1);
        byte[] index = File.ReadAllBytes(_folder.Index), blocks = File.ReadAllBytes(_folder.Blocks);
        using (var tier = _folder.Open(Blocks)) tier.Clear();
        await FillAsync(2);
        byte[] indexThen = File.ReadAllBytes(_folder.Index), blocksThen = File.ReadAllBytes(_folder.Blocks);
        for (int seed = 0; seed < 30; seed++)
        {
            File.WriteAllBytes(_folder.Index, Mixed(index, indexThen, 128, seed));
            File.WriteAllBytes(_folder.Blocks, Mixed(blocks, blocksThen, 512, seed));
            using var tier = _folder.Open(Blocks);
            for (int version = 1; version <= 2; version++) await TierFolder.ReadAllAsync(tier, StoreBytes, version);
        }
    }

    [Fact]
    public async Task An_index_that_is_newer_than_the_blocks_is_not_believed()
    {
        await FillAsync(1);
        byte[] blocks = File.ReadAllBytes(_folder.Blocks);
        using (var tier = _folder.Open(Blocks)) tier.Clear();
        await FillAsync(2);
        File.WriteAllBytes(_folder.Blocks, blocks);
        using var again = _folder.Open(Blocks);
        Assert.Equal(0, await TierFolder.ReadAllAsync(again, StoreBytes, version: 2));
    }

    private async Task FillAsync(int version)
    {
        using var tier = _folder.Open(Blocks);
        await TierFolder.ReadAllAsync(tier, StoreBytes, version);
        await tier.FlushAsync(Token);
        Assert.Equal(StoreBytes, await TierFolder.ReadAllAsync(tier, StoreBytes, version));
    }

    private async Task CheckAsync()
    {
        using (var tier = _folder.Open(Blocks))
        {
            // What is damaged is found when it is read, and what was read beside it is brought anew the next time.
            for (int pass = 0; pass < 4; pass++)
            {
                await TierFolder.ReadAllAsync(tier, StoreBytes);
                await tier.FlushAsync(Token);
            }

            Assert.Equal(StoreBytes, await TierFolder.ReadAllAsync(tier, StoreBytes));
        }

        using var again = _folder.Open(Blocks);
        Assert.Equal(StoreBytes, await TierFolder.ReadAllAsync(again, StoreBytes));
    }

    private static void Flip(string path, long place, int bit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = place;
        int found = file.ReadByte();
        file.Position = place;
        file.WriteByte((byte)(found ^ (1 << bit)));
    }

    private static byte[] Mixed(byte[] one, byte[] other, int grain, int seed)
    {
        var random = new Random(seed);
        byte[] mixed = [.. one];
        for (int at = 0; at < Math.Min(one.Length, other.Length); at += grain)
        {
            int count = Math.Min(grain, Math.Min(one.Length, other.Length) - at);
            if (random.Next(2) == 0) other.AsSpan(at, count).CopyTo(mixed.AsSpan(at));
        }

        return mixed;
    }
}
