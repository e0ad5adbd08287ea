using Concord.Caching;

namespace Concord.Tests.Caching.Views;

/// <summary>A file in a cache over a scripted store, to be mapped; nothing happens in the background.</summary>
internal sealed class ViewFixture : IDisposable
{
    internal ViewFixture(byte[] content, int capacityPages = 256, PageFaultDispatcher? dispatcher = null,
        int dirtyPages = 0)
    {
        Store = new ScriptedStore(content);
        Cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = capacityPages * Pages.Bytes,
            MaxDirtyBytes = dirtyPages * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        if (dispatcher is not null) Cache.Services.Views.Faults = dispatcher;
        SkipWithoutViews(Cache);
        File = Cache.Open(Store);
    }

    internal ScriptedStore Store { get; }

    internal FileCache Cache { get; }

    internal CachedFile File { get; }

    /// <summary>Maps all of a file of another cache, where views can be.</summary>
    internal static MappedView MapOrSkip(FileCache cache, CachedFile file, ViewAccess access)
    {
        SkipWithoutViews(cache);
        return file.MapView(new ByteRange(0, file.Length), access);
    }

    /// <summary>Skips the test where there are no views.</summary>
    internal static void SkipWithoutViews(FileCache cache)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "views need userfaultfd");
        if (cache.Services.Views.Faults.UnsupportedReason is { Length: > 0 } why) Assert.Skip($"views: {why}");
    }

    /// <summary>Maps whole pages.</summary>
    internal MappedView Map(ViewAccess access = ViewAccess.Read, long first = 0, long count = 0) =>
        File.MapView(count == 0 ? new ByteRange(0, File.Length) : Pages.Range(first, count), access);

    /// <summary>No page existed that no mask knew of: the trap of orphan pages.</summary>
    internal void CheckNoOrphanPages() => Assert.Equal(0, File.State.OrphansFound);

    public void Dispose()
    {
        Store.Fails = static _ => null;
        CheckNoOrphanPages();
        Cache.Dispose();
        Assert.Empty(Cache.FailedFiles);
        Assert.Equal(0, Cache.Services.Views.WritablyMappedPages);
    }
}
