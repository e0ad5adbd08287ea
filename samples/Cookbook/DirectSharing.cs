using Concord;

namespace Cookbook;

/// <summary>
/// A file that this program caches, and that something else writes by a way of its own: another process, a device, an
/// uncached handle. Both see each other's bytes, because each asks for the range first.
/// </summary>
internal static class DirectSharing
{
    private const int PageBytes = 4096;

    internal static void Run(string folder)
    {
        string path = Path.Combine(folder, "shared");
        byte[] ours = Bytes.Make(null, PageBytes, 1), theirs = Bytes.Make(path, 4 * PageBytes, 2);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var direct = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] page = new byte[PageBytes];

        // 1. What we wrote is for them to read: flush the range, and purge it, so that we read what they write next.
        file.Write(0, ours);
        file.FlushAndPurge(new ByteRange(0, PageBytes)).ThrowIfIncomplete();
        RandomAccess.Read(direct, page, 0);
        Bytes.Require(page, ours, "what they read");
        RandomAccess.Write(direct, theirs.AsSpan(0, PageBytes), 0);
        file.Read(0, page);
        Bytes.Require(page, theirs.AsSpan(0, PageBytes), "what we read");

        // 2. They write while readers of ours go on: suspend the range meanwhile, and readers of it wait.
        file.Write(PageBytes, ours);
        using (var hold = file.AcquireExclusive())
        using (hold.Suspend(new ByteRange(PageBytes, PageBytes)))
        {
            RandomAccess.Write(direct, theirs.AsSpan(PageBytes, PageBytes), PageBytes);
        }

        file.Read(PageBytes, page);
        Bytes.Require(page, theirs.AsSpan(PageBytes, PageBytes), "what we read after the suspension");

        // 3. We write past the cache ourselves: one call, coherent with every copy.
        file.WriteUncached(2 * PageBytes, ours);
        file.Read(2 * PageBytes, page);
        Bytes.Require(page, ours, "what we read after an uncached write");
        Console.WriteLine("  each side read what the other had written, three times");
    }
}
