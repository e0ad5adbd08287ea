using System.Diagnostics;
using Concord.Memory;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>Length, valid data length and holes, on real files.</summary>
public sealed class SizesTests : IDisposable
{
    private static readonly int Page = PageGeometry.PageBytes;

    private readonly TempFolder _folder = new();
    private readonly FileCache _cache = new(
        new FileCacheOptions { CapacityBytes = 8 << 20, LazyWriterInterval = TimeSpan.Zero });

    private string FilePath => _folder["a"];

    public void Dispose()
    {
        _cache.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_cut_and_an_extension_inside_one_page_show_zeros_and_nothing_old()
    {
        using var file = Filled(Page);
        file.SetLength(1000);
        file.SetLength(3000);
        RequireBytes(file, 0, Pattern(0, 1000));
        RequireBytes(file, 1000, new byte[2000]);
        Assert.True(file.FlushAndPurge().IsComplete);
        RequireBytes(file, 1000, new byte[2000]);
        Assert.Equal(3000, new FileInfo(FilePath).Length);
        Assert.True(File.ReadAllBytes(FilePath).AsSpan(1000).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void A_cut_and_an_extension_of_a_page_that_is_not_in_memory_show_zeros()
    {
        using var file = Filled(3 * Page);
        Assert.True(file.FlushAndPurge().IsComplete);
        file.SetLength(Page + 10);
        file.SetLength(3 * Page);
        RequireBytes(file, 0, Pattern(0, Page + 10));
        RequireBytes(file, Page + 10, new byte[(2 * Page) - 10]);
    }

    [Fact]
    public void A_cut_through_a_dirty_page_keeps_what_lies_before_it_dirty()
    {
        using var file = Filled(3 * Page);
        Assert.True(file.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete);
        file.Write(Page, Pattern(7, Page));
        file.SetLength(Page + 100);
        Assert.Equal(Page, _cache.DirtyBytes);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(Page + 100, new FileInfo(FilePath).Length);
        Assert.True(File.ReadAllBytes(FilePath).AsSpan(Page).SequenceEqual(Pattern(7, 100)));
    }

    [Fact]
    public void Dirty_pages_beyond_a_cut_are_never_written()
    {
        using var file = Filled(3 * Page);
        file.Write(5 * Page, Pattern(0, Page));
        file.SetLength(2 * Page);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(2 * Page, new FileInfo(FilePath).Length);
        Assert.Equal(2 * Page, file.Length);
        Assert.Equal(0, file.Read(2 * Page, new byte[10]));
    }

    [Fact]
    public void A_cut_that_a_lease_forbids_changes_nothing()
    {
        using var file = Filled(4 * Page);
        using (var lease = file.Lease(new ByteRange(3 * Page, 10)))
        {
            var error = Assert.Throws<PagesHeldException>(() => file.SetLength(100));
            Assert.Contains("lease", error.Message, StringComparison.Ordinal);
            Assert.Equal(4 * Page, file.Length);
            RequireBytes(file, 0, Pattern(0, 4 * Page));

            Assert.True(lease.Span.SequenceEqual(Pattern(3 * Page, 10)));
        }

        file.SetLength(100);
        RequireBytes(file, 0, Pattern(0, 100));
    }

    [Fact]
    public void A_write_far_beyond_the_end_leaves_a_hole()
    {
        RequireHoles();
        using var file = Filled(10);
        const long Far = 1L << 30;
        file.Write(Far, Pattern(0, 100));
        Assert.Equal(Far + 100, file.Length);
        RequireBytes(file, 10, new byte[100_000]);
        RequireBytes(file, Far - 5000, new byte[5000]);
        Assert.True(file.FlushAndPurge().IsComplete);
        RequireBytes(file, Far, Pattern(0, 100));
        RequireBytes(file, Far - 5000, new byte[5000]);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(Far + 100, new FileInfo(FilePath).Length);
        Assert.InRange(AllocatedBytes.Of(FilePath), 1, 64 * Page);
    }

    [Fact]
    public void An_extension_is_a_hole_and_stays_one_when_it_is_read()
    {
        RequireHoles();
        using var file = _cache.Open(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        file.SetLength(100L << 20);
        byte[] zeros = new byte[1 << 20];
        byte[] got = new byte[1 << 20];
        for (int i = 0; i < 20; i++)
        {
            Array.Fill(got, (byte)1);
            Assert.Equal(got.Length, file.Read(i * (5L << 20), got));
            Assert.True(got.AsSpan().SequenceEqual(zeros));
        }

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(0, AllocatedBytes.Of(FilePath));
        Assert.Equal(100L << 20, new FileInfo(FilePath).Length);
    }

    [Fact]
    public void A_write_into_a_hole_fills_its_page_and_no_other()
    {
        RequireHoles();
        using var file = _cache.Open(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        file.SetLength(10L << 20);
        Assert.True(file.FlushAndPurge().IsComplete);
        file.Write(5_000_001, "in the middle"u8);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.InRange(AllocatedBytes.Of(FilePath), 1, 16 * Page);
        byte[] all = File.ReadAllBytes(FilePath);
        Assert.True(all.AsSpan(5_000_001, 13).SequenceEqual("in the middle"u8));
        Assert.Equal(13, all.Count(static value => value != 0));
    }

    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Automatic)]
    public void A_huge_sparse_file_costs_what_is_used_of_it(SectionKind kind)
    {
        RequireHoles();
        const long Length = 1L << 40;
        using (var made = File.OpenHandle(FilePath, FileMode.CreateNew, FileAccess.Write))
            RandomAccess.SetLength(made, Length);
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 8 << 20, SectionKind = kind, LazyWriterInterval = TimeSpan.Zero });
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        var clock = Stopwatch.StartNew();
        using var file = cache.Open(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        Assert.Equal(Length, file.Length);
        for (int i = 0; i < 16; i++) file.Write((i * (Length / 16)) + 100, Pattern(i, 1000));
        RequireBytes(file, (Length / 2) + 100, Pattern(8, 1000));
        RequireBytes(file, Length - 5000, new byte[5000]);
        var result = file.FlushAndPurge();
        Assert.True(result.IsComplete);
        Assert.Equal(Length, result.BytesInStore);
        Assert.Equal(16 * Page, result.BytesWritten);
        RequireBytes(file, (Length / 4) + 100, Pattern(4, 1000));
        file.SetLength(Length * 2);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.InRange(AllocatedBytes.Of(FilePath), 16 * Page, 64 * Page);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - managed;
        Assert.InRange(grown, long.MinValue, 64 << 20);
        Figures.Record("I3", $"1 TiB with 16 pages written, opened to purged ({kind})",
            $"{clock.Elapsed.TotalMilliseconds:F0} ms", "time by what is resident");
    }

    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Automatic)]
    public void A_file_that_outgrows_its_window_keeps_leases_and_bytes(SectionKind kind)
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 8 << 20, SectionKind = kind, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        long window = Section.WindowBytesMin;
        file.Write(0, Pattern(0, 3 * Page));
        using var early = file.Lease(new ByteRange(0, 3 * Page), LeaseAccess.Write);
        file.Write(window - Page, Pattern(1, 2 * Page));
        file.Write(9 * window, Pattern(2, Page));
        Assert.True(early.Span.SequenceEqual(Pattern(0, 3 * Page)));
        early.WritableSpan[5] = 77;
        RequireBytes(file, window - Page, Pattern(1, 2 * Page));

        early.Dispose();
        Assert.True(file.FlushAndPurge().IsComplete);
        byte[] one = new byte[1];
        file.Read(5, one);
        Assert.Equal(77, one[0]);
        RequireBytes(file, 9 * window, Pattern(2, Page));
    }

    [Fact]
    public void A_lease_over_two_windows_needs_shared_memory()
    {
        long window = Section.WindowBytesMin;
        var store = new MemoryStore();
        store.SetLength(3 * window);
        foreach (var kind in OperatingSystem.IsLinux()
            ? [SectionKind.Private, SectionKind.Shared]
            : (SectionKind[])[SectionKind.Private])
        {
            using var cache = new FileCache(new FileCacheOptions
            {
                CapacityBytes = 8 << 20,
                SectionKind = kind,
                LazyWriterInterval = TimeSpan.Zero
            });
            using var file = cache.Open(store, leaveOpen: true);
            file.Write(0, new byte[] { 1 });
            var map = Assert.Single(cache.Services.Files.All);
            _ = map.Section.AddressOf(2 * window);
            bool isOnePiece = map.Section.IsContiguous(new ByteRange(window - Page, 2 * Page));
            if (isOnePiece || map.Section.CanAlias)
            {
                using var lease = file.Lease(new ByteRange(window - Page, 2 * Page), LeaseAccess.Write);
                lease.WritableSpan.Fill(3);
            }
            else
            {
                var error = Assert.Throws<ArgumentOutOfRangeException>(
                    () => file.Lease(new ByteRange(window - Page, 2 * Page)));
                Assert.Contains("two windows", error.Message, StringComparison.Ordinal);
                file.Write(window - Page, Enumerable.Repeat((byte)3, 2 * Page).ToArray());
            }

            RequireBytes(file, window - Page, Enumerable.Repeat((byte)3, 2 * Page).ToArray());
            Assert.True(file.FlushAndPurge().IsComplete);
            RequireBytes(file, window - Page, Enumerable.Repeat((byte)3, 2 * Page).ToArray());
        }
    }

    [Fact]
    public void A_length_that_cannot_be_is_refused_before_anything_changes()
    {
        using var file = Filled(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.SetLength(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.SetLength(long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(long.MaxValue - 5, new byte[10]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(-1, new byte[10]));
        Assert.Equal(100, file.Length);
        RequireBytes(file, 0, Pattern(0, 100));
    }

    private static void RequireHoles() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "blocks of files are counted by statx");

    private static byte[] Pattern(int salt, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)(((i + salt) * 31 % 251) + 1);
        return bytes;
    }

    private static void RequireBytes(CachedFile file, long offset, byte[] expected)
    {
        byte[] got = new byte[expected.Length];
        Array.Fill(got, (byte)0xEE);
        Assert.Equal(expected.Length, file.Read(offset, got));
        Assert.Equal(expected.Length, got.AsSpan().CommonPrefixLength(expected));
    }

    private CachedFile Filled(int length)
    {
        var file = _cache.Open(FilePath, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        file.Write(0, Pattern(0, length));
        return file;
    }
}
