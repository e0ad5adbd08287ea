namespace Concord.Tests.Caching.Stacks;

/// <summary>Files of one cache, each the store of the one above it; the lowest lies in memory.</summary>
internal sealed class FileStack
{
    private readonly List<CachedFile> _files = [];

    internal FileStack(FileCache cache, int levels, bool isAsync = false, BackingStore? lowest = null)
        : this(cache, levels, lowest, below => isAsync ? new StackedStore.Async(below) : new StackedStore(below))
    {
    }

    /// <param name="cache">The cache.</param>
    /// <param name="levels">How many files.</param>
    /// <param name="lowest">The lowest store; null for one in memory.</param>
    /// <param name="storeOn">Makes the store of a file that is built on another one, as a stacked one has it.</param>
    internal FileStack(FileCache cache, int levels, BackingStore? lowest, Func<CachedFile, BackingStore> storeOn)
    {
        Lowest = lowest ?? new MemoryStore(new byte[(levels - 1) * StackedStore.Header]);
        _files.Add(cache.Open(Lowest, leaveOpen: true));
        for (int level = 1; level < levels; level++) _files.Add(cache.Open(storeOn(_files[^1])));
    }

    /// <summary>Where the bytes of all end.</summary>
    internal BackingStore Lowest { get; }

    /// <summary>The file that stands on all others.</summary>
    internal CachedFile Top => _files[^1];

    /// <summary>The files, the lowest first.</summary>
    internal IReadOnlyList<CachedFile> Files => _files;

    /// <summary>What the lowest store has of the top file's bytes, changed back.</summary>
    internal byte[] Stored(long offset, int length)
    {
        byte[] bytes = new byte[length];
        int headers = (_files.Count - 1) * StackedStore.Header;
        bytes = bytes[..Lowest.Read(headers + offset, bytes)];
        for (int level = 1; level < _files.Count; level++) StackedStore.Decode(bytes);
        return bytes;
    }
}
