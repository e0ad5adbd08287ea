using NativeMemory = Concord.Tests.Caching.Views.NativeMemory;

namespace Concord.Tests.Caching;

/// <summary>Memory that somebody else made by a touch is found and given back, and never shown.</summary>
public sealed class OrphanPageTests
{
    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void A_view_shows_no_page_that_somebody_made_by_a_touch(ViewAccess access)
    {
        using var cache = Make();
        Assert.SkipWhen(cache.Services.Views.Faults.UnsupportedReason.Length > 0,
            $"views: {cache.Services.Views.Faults.UnsupportedReason}");
        var store = new ScriptedStore(Pages.Of(1, 200));
        using var file = cache.Open(store);
        Pages.Read(file, Pages.Range(0));
        Touch(file, 5, 100);

        using var view = file.MapView(Pages.Range(0, 200), access);

        Assert.Equal(2, file.State.OrphansFound);
        Assert.Equal(Pages.Of(1, 200), NativeMemory.Read(view, 0, 200 * Pages.Bytes));
        file.FlushAndPurge();
        Assert.Empty(store.Writes);
    }

    [Fact]
    public void What_somebody_made_by_a_touch_is_found_without_a_view_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "memory with a descriptor");
        using var cache = Make();
        using var file = cache.Open(new ScriptedStore(Pages.Of(1, 200)));
        Pages.Read(file, Pages.Range(0));
        Touch(file, 5, 6, 7);
        Assert.Equal(4 * Pages.Bytes, file.State.Section.PresentBytes);

        Concord.Caching.OrphanPages.GiveBack(file.State);

        Assert.Equal(3, file.State.OrphansFound);
        Assert.Equal(Pages.Bytes, file.State.Section.PresentBytes);
        Assert.Equal(Pages.Of(1, 200), Pages.Read(file, Pages.Range(0, 200)));
    }

    private static unsafe void Touch(CachedFile file, params int[] pages)
    {
        foreach (int page in pages) *(byte*)file.State.Section.AddressOf(page * Pages.Bytes) = 9;
    }

    private static FileCache Make() => new(new FileCacheOptions
    {
        CapacityBytes = 256 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
        SectionKind = SectionKind.Automatic,
    });
}
