using Concord.SystemCache.Linux;

namespace Concord.Tests.SystemCache;

/// <summary>Kernels that lack <c>cachestat</c>, or that refuse it.</summary>
public sealed class RefusedCallsTests
{
    private const int Pages = 64;

    [Theory, InlineData(1), InlineData(38)]
    public void Where_a_filter_refuses_cachestat_mincore_answers_and_dirty_is_unknown(int error)
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using ChildProcess child = new("system-cache-filtered", error.ToString(null, null), path);
        Assert.Equal($"{Pages} unknown Success {Pages} 0", child.Finish().Trim());
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void Without_mincore_the_map_comes_from_cachestat()
    {
        KernelView.NeedsDirtyCounts();
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = new(path, LinuxPageCacheFile.Open(path, ResidencySources.Cachestat));
        file.FlushAndPurge();
        file.Load(new ByteRange(0, (long)Pages * Environment.SystemPageSize), TestContext.Current.CancellationToken);
        file.FlushAndPurge(new ByteRange(10L * Environment.SystemPageSize, 5L * Environment.SystemPageSize));
        bool[] expected = KernelView.ResidentPages(path);
        PageMap map = file.Query().Map!;
        Assert.Equal(expected, Enumerable.Range(0, Pages).Select(page => map[page]));
        Assert.Equal(Pages - 5, file.Query().Resident);
    }

    [Fact]
    public void Without_either_nothing_is_claimed()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = new(path, LinuxPageCacheFile.Open(path, ResidencySources.None));
        CacheResidency residency = file.Query();
        Assert.Equal((null, null, null), (residency.Resident, residency.Dirty, residency.Map));
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal((CoherencyStatus.Unknown, (long?)null, (long?)null),
            (result.Status, result.PagesPurged, result.BytesWritten));
        Assert.Equal(LeftReason.Unknown, Assert.Single(result.Left).Reason);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void On_an_overlay_cachestat_alone_is_not_believed()
    {
        using Place place = Place.Make(Place.Overlay);
        string path = place.WriteFile(Pages);
        using SystemFile file = new(path, LinuxPageCacheFile.Open(path, ResidencySources.Cachestat));
        Assert.Null(file.Query().Resident);
        Assert.Equal(CoherencyStatus.Unknown, file.FlushAndPurge().Status);
    }
}
