using Concord.Memory;
using Concord.Tests.Caching;
using Concord.Tests.Stores;

namespace Concord.Tests.Memory;

/// <summary>What may be touched of a section is what has memory, by blocks.</summary>
public sealed class BlockGuardTests
{
    private static readonly int BlockPages = (int)(BlockGuard.BlockBytes / Pages.Bytes);

    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Shared)]
    public void A_block_may_be_touched_while_some_page_of_it_has_memory(SectionKind kind)
    {
        ProcessSections.RequireLinux();
        using var cache = Make(kind);
        using var file = cache.Open(new ScriptedStore(Pages.Of(1, 3 * BlockPages)));
        Pages.Read(file, Pages.Range(BlockPages + 5));
        Assert.Equal([false, true, false], Blocks(file));

        Pages.Read(file, Pages.Range((2 * BlockPages) - 1));
        file.FlushAndPurge(Pages.Range(BlockPages + 5));
        cache.Services.Evictor.Sweep(1);
        Assert.Equal([false, true, false], Blocks(file));

        file.FlushAndPurge();
        cache.Services.Evictor.Sweep(BlockPages);
        Assert.Equal([false, false, false], Blocks(file));
        Assert.Equal(Pages.Of(1, 3 * BlockPages), Pages.Read(file, Pages.Range(0, 3 * BlockPages)));
    }

    [Fact]
    public unsafe void What_somebody_touched_is_given_back_with_the_last_page_of_its_block()
    {
        ProcessSections.RequireLinux();
        using var cache = Make(SectionKind.Shared);
        using var file = cache.Open(new ScriptedStore(Pages.Of(1, BlockPages)));
        Pages.Read(file, Pages.Range(0));
        *(byte*)file.State.Section.AddressOf(7 * Pages.Bytes) = 3;
        Assert.Equal(2 * Pages.Bytes, file.State.Section.PresentBytes);

        file.FlushAndPurge();
        cache.Services.Evictor.Sweep(1);

        Assert.Equal(0, file.State.Section.PresentBytes);
    }

    [Fact]
    public void Pages_scattered_over_more_blocks_than_the_system_has_mappings_for_are_cached_all_the_same()
    {
        ProcessSections.RequireLinux();
        const int Scattered = 20_000;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = (Scattered + 1000L) * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            SectionKind = SectionKind.Shared,
        });
        using var file = cache.Open(new ZeroStore(Scattered * 2L * BlockGuard.BlockBytes));
        byte[] bytes = new byte[1];
        for (long page = 0; page < Scattered; page++)
            Assert.Equal(1, file.Read(page * 2 * BlockGuard.BlockBytes, bytes));
        Assert.InRange(ProcessSections.Mappings(), 0, 40_000);
    }

    private static FileCache Make(SectionKind kind) => new(new FileCacheOptions
    {
        CapacityBytes = 4L * BlockGuard.BlockBytes,
        LazyWriterInterval = TimeSpan.Zero,
        SectionKind = kind,
    });

    /// <summary>Which blocks of a file the process may touch, as the kernel says it.</summary>
    private static bool[] Blocks(CachedFile file) =>
        [.. Enumerable.Range(0, 3)
            .Select(block => MayTouch(file.State.Section.AddressOf(block * BlockGuard.BlockBytes)))];

    private static bool MayTouch(nint address)
    {
        foreach (string line in System.IO.File.ReadLines("/proc/self/maps"))
        {
            string[] ends = line[..line.IndexOf(' ')].Split('-');
            if ((ulong)address >= Convert.ToUInt64(ends[0], 16) && (ulong)address < Convert.ToUInt64(ends[1], 16))
                return line.Contains(" rw", StringComparison.Ordinal);
        }

        return false;
    }
}
