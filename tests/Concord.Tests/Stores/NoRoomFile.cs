using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>A file whose bytes are in the cache and not yet in the store, and what must hold of it.</summary>
internal sealed class NoRoomFile : IDisposable
{
    private readonly string _path;

    internal NoRoomFile(string path, StoreCaching caching, int bytes)
    {
        _path = path;
        Expected = Pages.Pattern(bytes, seed: 7);
        Cache = new FileCache(new FileCacheOptions { CapacityBytes = 4L * bytes, LazyWriterInterval = TimeSpan.Zero });
        Store = LocalFileStore.Open(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, caching);
        File = Cache.Open(Store);
        File.Write(0, Expected);
    }

    internal FileCache Cache { get; }

    internal LocalFileStore Store { get; }

    internal CachedFile File { get; private set; }

    internal byte[] Expected { get; }

    /// <summary>The bytes in pieces, none of which is as long as another.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Pieces =>
        [Expected.AsMemory(0, 100_003), Expected.AsMemory(100_003, 200_000), Expected.AsMemory(300_003)];

    /// <summary>
    /// Whether the cache has the bytes; without, the file is as long and zeros, until an uncached write.
    /// </summary>
    internal bool IsCached { get; private set; } = true;

    /// <summary>What was said of the lack of room.</summary>
    internal string Heard { get; private set; } = "";

    /// <summary>Gives up what is cached: only an uncached write will bring the bytes.</summary>
    internal void Uncache()
    {
        IsCached = false;
        File.SetLength(0);
    }

    /// <summary>A call that has to fail, with an error that names the file; nothing is lost by it.</summary>
    internal async Task FailAsync(bool isAsync, Action<NoRoomFile> call, Func<NoRoomFile, Task> callAsync)
    {
        try
        {
            if (isAsync) await callAsync(this);
            else call(this);
        }
        catch (IOException error)
        {
            Heard = error.Message;
            if (!Heard.Contains(_path, StringComparison.Ordinal)) throw;
        }

        if (Heard.Length == 0) throw new InvalidOperationException("a call did a part, and nobody was told");
        Check(isWhole: false);
    }

    /// <summary>There is room: all is written, and is in the file.</summary>
    internal async Task FinishAsync(bool isAsync)
    {
        if (!IsCached) File.WriteUncached(0, Expected);
        if (isAsync) await File.FlushAsync();
        else File.Flush();
        Check(isWhole: true);
        if (!File.FlushAndPurge().IsComplete) throw new InvalidOperationException("not all could be purged");
        Check(isWhole: true);
        File.Close();
        if (!System.IO.File.ReadAllBytes(_path).AsSpan().SequenceEqual(Expected))
            throw new InvalidOperationException("the closed file is not whole");
    }

    public void Dispose()
    {
        Cache.Dispose();
        System.IO.File.Delete(_path);
    }

    private void Check(bool isWhole)
    {
        byte[] cached = Pages.Read(File, new ByteRange(0, File.Length));
        Check("the cache", cached, isWhole || IsCached);
        Check("the file", System.IO.File.ReadAllBytes(_path), isWhole);
    }

    /// <summary>Each byte is what was written, or was not written yet.</summary>
    private void Check(string place, byte[] found, bool isWhole)
    {
        if (isWhole && found.Length != Expected.Length)
            throw new InvalidOperationException($"{place} has {found.Length} bytes, not {Expected.Length}");
        for (int at = 0; at < found.Length; at++)
        {
            if (found[at] == Expected[at] || (!isWhole && found[at] == 0)) continue;
            throw new InvalidOperationException($"byte {at} of {place} is {found[at]}, not {Expected[at]}");
        }
    }
}
