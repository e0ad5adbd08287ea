using Concord.Tests.Caching;
using Concord.Tests.Stores;

namespace Concord.Tests.Coherency;

/// <summary>
/// A number that stands for nothing is refused where an enumeration is asked for, and never taken for a neighbour.
/// </summary>
public sealed class EnumArgumentTests
{
    [Fact]
    public async Task A_cached_file_takes_only_values_that_are_defined()
    {
        var stop = TestContext.Current.CancellationToken;
        using var test = new CachedFixture(Pages.Of(1, 8));
        foreach (int value in new[] { -1, 4, 77, int.MaxValue })
        {
            Refuses("access", () => test.File.Lease(Pages.Range(0), (LeaseAccess)value));
            Refuses("access", () => test.File.TryLease(Pages.Range(0), (LeaseAccess)value, out _));
            Refuses("access", () => test.File.MapView(Pages.Range(0), (ViewAccess)value));
            Refuses("options", () => test.File.FlushAndPurge((CoherencyOptions)(value | 2)));
            Refuses("options", () => test.File.FlushAndPurge(Pages.Range(0), (CoherencyOptions)(value | 2)));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                async () => await test.File.LeaseAsync(Pages.Range(0), (LeaseAccess)value, stop));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                async () => await test.File.MapViewAsync(Pages.Range(0), (ViewAccess)value, stop));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                async () => await test.File.FlushAndPurgeAsync(Pages.Range(0), (CoherencyOptions)(value | 2), stop));
        }

        Assert.Equal(0, test.Cache.GetCurrentStatistics().LeasedBytes);
        using var view = test.File.MapView(Pages.Range(0), ViewAccess.LeasedRead);
        Refuses("advice", () => view.Advise((ViewAdvice)77));
        Refuses("access", () => view.Lease(new ByteRange(0, 1), (LeaseAccess)77));
    }

    [Fact]
    public async Task A_file_in_the_systems_cache_takes_only_values_that_are_defined()
    {
        Assert.SkipUnless(SystemFile.IsSupported, "other system: the system's cache is answered on Linux");
        using var folder = new TempFolder();
        string path = folder["file"];
        await File.WriteAllBytesAsync(path, new byte[10], TestContext.Current.CancellationToken);
        using var file = SystemFile.Open(path);
        Refuses("detail", () => file.Query((ResidencyDetail)77));
        Refuses("detail", () => file.Query(new ByteRange(0, 1), (ResidencyDetail)(-1)));
        Refuses("options", () => file.FlushAndPurge((CoherencyOptions)2));
        Refuses("options", () => file.FlushAndPurge(new ByteRange(0, 1), (CoherencyOptions)9));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await file.FlushAndPurgeAsync(new ByteRange(0, 1), (CoherencyOptions)2,
                TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_store_takes_only_values_that_are_defined()
    {
        using var folder = new TempFolder();
        string path = folder["file"];
        Refuses("caching",
            () => LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.Write, caching: (StoreCaching)3));
        Refuses("mode", () => LocalFileStore.Open(path, (FileMode)77));
        Refuses("share", () => LocalFileStore.Open(path, FileMode.OpenOrCreate, share: (FileShare)77));
        Refuses("access", () => LocalFileStore.Open(path, FileMode.OpenOrCreate, (FileAccess)9));
        Assert.False(File.Exists(path));
    }

    private static void Refuses(string name, Func<object?> call) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(call).ParamName);

    private static void Refuses(string name, Action call) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(call).ParamName);
}
