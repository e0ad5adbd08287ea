using Concord.Measuring.Files;

namespace Concord.Cli.Tour;

/// <summary>What the steps work on: a real file, the same file in a cache, and its expected bytes.</summary>
internal sealed class TourGround : IDisposable
{
    internal const int PageBytes = 4096, Pages = 1024;

    internal const long Bytes = (long)PageBytes * Pages;

    internal TourGround(TemporaryFolder folder)
    {
        Folder = folder;
        new Random(1).NextBytes(Expected);
        System.IO.File.WriteAllBytes(FilePath, Expected);
        Cache = new FileCache(new FileCacheOptions { CapacityBytes = 4 * Bytes });
        // Another program will write: Windows asks whether it may.
        File = Cache.Open(FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    internal TemporaryFolder Folder { get; }

    internal string FilePath => Folder["file"];

    internal FileCache Cache { get; }

    internal CachedFile File { get; }

    /// <summary>The expected bytes of the file.</summary>
    internal byte[] Expected { get; } = new byte[Bytes];

    /// <summary>
    /// Inverts every bit of a page in the file, as another program would, and in the expected bytes.
    /// </summary>
    internal void ChangeBehind(int page)
    {
        int offset = page * PageBytes;
        byte[] after = [.. Expected.AsSpan(offset, PageBytes).ToArray().Select(static value => (byte)~value)];
        using var other = System.IO.File.OpenHandle(FilePath, FileMode.Open, FileAccess.Write,
            FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(other, after, offset);
        after.CopyTo(Expected, offset);
    }

    /// <summary>The bytes that a cached read returns.</summary>
    internal byte[] Cached()
    {
        var bytes = new byte[File.Length];
        return bytes[..File.Read(0, bytes)];
    }

    /// <summary>The bytes that an uncached read returns.</summary>
    internal byte[] Uncached()
    {
        var bytes = new byte[File.Length];
        return bytes[..File.ReadUncached(0, bytes)];
    }

    /// <summary>The bytes that another program reads.</summary>
    internal static byte[] Seen(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => Cache.Dispose();
}
