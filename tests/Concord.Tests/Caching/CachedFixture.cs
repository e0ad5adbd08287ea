namespace Concord.Tests.Caching;

/// <summary>A file in a cache over a scripted store; nothing happens in the background.</summary>
internal sealed class CachedFixture : IDisposable
{
    internal CachedFixture(byte[] content, int capacityPages = 64)
    {
        Store = new ScriptedStore(content);
        Cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = capacityPages * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        File = Cache.Open(Store);
    }

    /// <summary>How long a purge waits for a copy that does not end.</summary>
    internal TimeSpan ReaderLimit
    {
        init => Cache.State.ReaderLimit = value;
    }

    internal ScriptedStore Store { get; }

    internal FileCache Cache { get; }

    internal CachedFile File { get; }

    public void Dispose()
    {
        Store.Fails = static _ => null;
        Cache.Dispose();
        Assert.Empty(Cache.FailedFiles);
    }
}
