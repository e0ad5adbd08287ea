using System.Diagnostics;

namespace Concord.Tests.SystemCache;

public sealed class QueryTests
{
    private const int Pages = 700, AttemptsMax = 5;

    private static int PageSize => Environment.SystemPageSize;

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void The_map_is_the_kernels(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        file.FlushAndPurge();
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0))
        {
            foreach (int page in new[] { 0, 300, 600, 699 })
            {
                stream.Position = (long)page * PageSize;
                stream.ReadByte();
            }
        }

        bool[] expected = KernelView.ResidentPages(path);
        CacheResidency residency = file.Query();
        Assert.Equal(expected, Enumerable.Range(0, Pages).Select(page => residency.Map![page]));
        Assert.Equal(expected.Count(resident => resident), residency.Resident);
        Assert.Equal((Pages, PageSize, new ByteRange(0, (long)Pages * PageSize)),
            (residency.Pages, residency.PageSize, residency.Range));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay), InlineData(Place.Tmpfs)]
    public void Counts_agree_with_the_map_and_bring_none(string kind)
    {
        using Place place = Place.Make(kind);
        using SystemFile file = SystemFile.Open(place.WriteFile(Pages));
        CacheResidency counts = file.Query(ResidencyDetail.Counts);
        Assert.Null(counts.Map);
        Assert.Equal(Pages, counts.Resident);
        Assert.Equal(Pages, file.Query().Resident);
    }

    [Fact]
    public void Dirty_pages_are_counted_on_disk_and_unknown_on_an_overlay()
    {
        KernelView.NeedsDirtyCounts();
        using (Place place = Place.Make(Place.Disk))
        {
            string path = place.WriteFile(Pages);
            using SystemFile file = SystemFile.Open(path);
            CacheResidency residency = file.Query();
            Assert.Equal(Pages, residency.Dirty + residency.UnderWriteBack);
            file.Flush();
            Assert.Equal((0L, 0L), (file.Query().Dirty, file.Query().UnderWriteBack));
        }

        using Place overlay = Place.Make(Place.Overlay);
        using SystemFile above = SystemFile.Open(overlay.WriteFile(Pages));
        Assert.Null(above.Query().Dirty);
        above.FlushAndPurge();
        Assert.Equal(0, above.Query().Dirty);
    }

    [Fact]
    public void A_range_is_rounded_out_to_pages_and_clipped_to_the_file()
    {
        using Place place = Place.Make(Place.Disk);
        using SystemFile file = SystemFile.Open(place.WriteFile(Pages));
        CacheResidency inside = file.Query(new ByteRange(PageSize - 1, 2));
        Assert.Equal((2L, 2L, 0L), (inside.Pages, inside.Resident, inside.Map!.FirstPage));
        CacheResidency end = file.Query(new ByteRange(((long)Pages * PageSize) - 1, long.MaxValue / 2));
        Assert.Equal((1L, 1L), (end.Pages, end.Range.Length));
        CacheResidency beyond = file.Query(new ByteRange(long.MaxValue - 1, 1));
        Assert.Equal((0L, (long?)0L), (beyond.Pages, beyond.Resident));
        Assert.True(file.Query(new ByteRange(5, 0)).Range.IsEmpty);
    }

    [Fact]
    public void Loading_says_what_it_brought_in()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        CancellationToken token = TestContext.Current.CancellationToken;
        Assert.Throws<OperationCanceledException>(() => file.Load(new CancellationToken(canceled: true)));

        // The system may take pages back whenever somebody needs memory: one attempt without that must show the rest.
        var seen = new List<string>();
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            file.FlushAndPurge();
            long part = file.Load(new ByteRange((5L * PageSize) + 1, 2L * PageSize), token);
            bool isThere = KernelView.ResidentPages(path)[5..8].All(static isResident => isResident);
            long before = KernelView.Resident(path);
            long rest = file.Load(token);
            long after = KernelView.Resident(path);
            long again = file.Load(token);
            bool isRight = part == 3L * PageSize && isThere && after == Pages;
            if (isRight && rest == (Pages - before) * PageSize && again == 0) return;
            seen.Add($"{part} bytes, all there: {isThere}; {before} pages, {rest} bytes, {after} pages, {again} bytes");
        }

        Assert.Fail(string.Join('\n', seen));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Nothing_changes_contents_or_times(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        string times = Times(path);
        using (SystemFile file = SystemFile.Open(path))
        {
            file.Query();
            file.Flush();
            file.FlushAndPurge(new ByteRange(PageSize, PageSize));
            file.FlushAndPurge();
            file.Load(TestContext.Current.CancellationToken);
        }

        Assert.Equal(times, Times(path));
        Assert.Equal(Place.Contents(Pages), File.ReadAllBytes(path));
    }

    /// <summary>To the nanosecond: read, written, changed.</summary>
    private static string Times(string path)
    {
        using Process stat = Process.Start(
            new ProcessStartInfo("stat", ["-c", "%x %y %z", path]) { RedirectStandardOutput = true })!;
        return stat.StandardOutput.ReadToEnd();
    }
}
