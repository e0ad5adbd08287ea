namespace Concord.Tests.SystemCache;

/// <summary>The operation on files that nobody maps.</summary>
public sealed class PurgeTests
{
    private const int Pages = 300;

    private static int PageSize => Environment.SystemPageSize;

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void A_clean_file_is_dropped(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        file.Flush();
        Assert.Equal(Pages, KernelView.Resident(path));

        CoherencyResult result = file.FlushAndPurge();

        Assert.Equal(0, KernelView.Resident(path));
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal((long)Pages * PageSize, result.BytesInStore);
        Assert.Equal(Pages, result.PagesPurged);
        Assert.Empty(result.Left);
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void A_dirty_file_is_written_and_dropped(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        Assert.NotEqual(0, KernelView.Unwritten(place.Below(path)));
        using SystemFile file = SystemFile.Open(path);

        CoherencyResult result = file.FlushAndPurge();

        Assert.Equal(0, KernelView.Resident(path));
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(kind == Place.Disk ? (long)Pages * PageSize : null, result.BytesWritten);
        Assert.Equal(Place.Contents(Pages), File.ReadAllBytes(path));
    }

    [Fact]
    public void On_tmpfs_every_page_stays_because_it_is_the_store()
    {
        using Place place = Place.Make(Place.Tmpfs);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);

        CoherencyResult result = file.FlushAndPurge();

        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        Assert.Equal(0, result.PagesPurged);
        Assert.Equal([new LeftRange(new ByteRange(0, (long)Pages * PageSize), LeftReason.StoreIsMemory)], result.Left);
        Assert.Equal(Place.Contents(Pages), File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(Place.Disk, 10, 20), InlineData(Place.Overlay, 10, 20)]
    [InlineData(Place.Disk, 0, 1), InlineData(Place.Disk, Pages - 1, Pages), InlineData(Place.Disk, 255, 257)]
    public void An_unaligned_range_drops_its_pages_and_no_other(string kind, int firstPage, int endPage)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        file.FlushAndPurge();
        file.Load(TestContext.Current.CancellationToken);

        ByteRange range = ByteRange.FromBounds(((long)firstPage * PageSize) + 1, ((long)endPage * PageSize) - 1);
        CoherencyResult result = file.FlushAndPurge(range);

        bool[] expected = [.. Enumerable.Range(0, Pages).Select(page => page < firstPage || page >= endPage)];
        Assert.Equal(expected, KernelView.ResidentPages(path));
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(endPage - firstPage, result.PagesPurged);
        Assert.Equal(range.Length, result.BytesInStore);
    }

    [Fact]
    public void Pages_outside_the_range_are_not_written()
    {
        KernelView.NeedsDirtyCounts();
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        file.FlushAndPurge();
        Assert.True(file.WritesBackRanges);

        // Into an empty cache and far apart, so that no large folio joins the two pages.
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            stream.Write(new byte[PageSize]);
            stream.Position = 200L * PageSize;
            stream.Write(new byte[PageSize]);
        }

        CoherencyResult result = file.FlushAndPurge(new ByteRange(200L * PageSize, 1));

        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(PageSize, result.BytesWritten);
        Assert.Equal(1, KernelView.Unwritten(path));
        Assert.Equal(1, KernelView.Unwritten(path, 0, PageSize));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Where_a_range_cannot_be_written_alone_the_whole_file_is_and_it_says_so(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        using SystemFile file = SystemFile.Open(path);
        Assert.False(file.WritesBackRanges);

        CoherencyResult result = file.FlushAndPurge(new ByteRange(0, 1));

        Assert.Equal(0, KernelView.Unwritten(place.Below(path)));
        Assert.Equal((CoherencyStatus.Success, 1L), (result.Status, result.BytesInStore));
        Assert.Equal(kind == Place.Disk ? (long)Pages * PageSize : null, result.BytesWritten);
        Assert.Equal(Pages - 1, KernelView.Resident(path));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay), InlineData(Place.Tmpfs)]
    public void An_empty_range_and_one_beyond_the_end_do_nothing(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        foreach (ByteRange range in new[] { new ByteRange(PageSize, 0), new(10L * Pages * PageSize, 5),
            new(long.MaxValue, 0) })
        {
            CoherencyResult result = file.FlushAndPurge(range);
            Assert.Equal(new(CoherencyStatus.Success, 0, 0, 0, []), result with { Left = [] });
            Assert.Empty(result.Left);
        }

        Assert.Equal(Pages, KernelView.Resident(path));
    }

    [Fact]
    public void The_largest_range_is_the_whole_file()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        CoherencyResult result = file.FlushAndPurge(new ByteRange(1, long.MaxValue - 1));
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(((long)Pages * PageSize) - 1, result.BytesInStore);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void An_empty_file_is_done_at_once()
    {
        using Place place = Place.Make(Place.Disk);
        using SystemFile file = SystemFile.Open(place.WriteFile(0));
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        Assert.Equal(0, file.Query().Pages);
        Assert.Equal(0, file.Load(TestContext.Current.CancellationToken));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void NoPurge_writes_back_and_drops_nothing(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        CoherencyResult result = file.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(0, result.PagesPurged);
        Assert.Equal(0, KernelView.Unwritten(place.Below(path)));
        Assert.Equal(Pages, KernelView.Resident(path));
    }

    [Fact]
    public void A_file_that_grows_and_shrinks_is_followed()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        stream.SetLength(10);
        Assert.Equal(10, file.FlushAndPurge().BytesInStore);
        stream.Position = 5L * PageSize;
        stream.Write(new byte[7]);
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal((5L * PageSize) + 7, result.BytesInStore);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void A_sparse_terabyte_takes_no_time_and_no_memory()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(1);
        const long Terabyte = 1L << 40;
        using (FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0))
        {
            stream.SetLength(Terabyte);
            stream.Position = Terabyte / 2;
            stream.WriteByte(1);
        }

        using SystemFile file = SystemFile.Open(path);
        CacheResidency residency = file.Query();
        Assert.Equal(2, residency.Resident);
        Assert.True(residency.Map![Terabyte / 2 / PageSize]);
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(2, result.PagesPurged);
        Assert.Equal(0, file.Query(ResidencyDetail.Counts).Resident);
    }

    [Fact]
    public void A_closed_file_says_so()
    {
        using Place place = Place.Make(Place.Disk);
        SystemFile file = SystemFile.Open(place.WriteFile(1));
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.FlushAndPurge());
        Assert.Throws<ObjectDisposedException>(() => file.Query());
        Assert.Throws<ObjectDisposedException>(() => file.Length);
    }
}
