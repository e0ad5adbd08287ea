using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;

namespace Concord.Tests.Stores;

/// <summary>What readers of a remote file see through a cache that has less room than the file has bytes.</summary>
internal static class RemoteReading
{
    /// <summary>How long a file is that keeps most of its reads in memory, and some not.</summary>
    internal const int FileBytes = 1_300_007;

    private const int CapacityBytes = 1 << 20, Readers = 8, ReadsPerReader = 1_250, ReadBytesMax = 3_000;

    /// <summary>Bytes for a file of that length.</summary>
    internal static byte[] NewContent() => Pages.Pattern(FileBytes, seed: 11);

    /// <summary>Reads at random, through leases and through a view, and compares with what the file has.</summary>
    internal static async Task CompareAsync(BackingStore store, byte[] content, CancellationToken cancellationToken)
    {
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = CapacityBytes });
        using var file = cache.Open(store);
        Assert.Equal(content.Length, file.Length);
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(
            reader => Task.Run(() => ReadAtRandomAsync(file, content, reader, cancellationToken), cancellationToken)));
        for (int offset = 777; offset < content.Length - 20_000; offset += 100_003)
        {
            using var lease = file.Lease(new ByteRange(offset, 2_000), LeaseAccess.Read);
            Assert.True(content.AsSpan(offset, 2_000).SequenceEqual(lease.Span), $"a lease at {offset}");
        }

        bool hasViews = OperatingSystem.IsLinux()
            && string.IsNullOrEmpty(cache.Services.Views.Faults.UnsupportedReason);
        if (!hasViews) return;
        using var view = file.MapView(new ByteRange(0, content.Length));
        Assert.Equal(content, NativeMemory.Read(view, 0, content.Length));
    }

    private static async Task ReadAtRandomAsync(
        CachedFile file, byte[] content, int reader, CancellationToken cancellationToken)
    {
        var random = new Random(reader);
        byte[] got = new byte[ReadBytesMax];
        for (int i = 0; i < ReadsPerReader; i++)
        {
            int offset = random.Next(content.Length), length = random.Next(1, ReadBytesMax);
            int count = await file.ReadAsync(offset, got.AsMemory(0, length), cancellationToken);
            Assert.Equal(Math.Min(length, content.Length - offset), count);
            Assert.True(content.AsSpan(offset, count).SequenceEqual(got.AsSpan(0, count)), $"{count} at {offset}");
        }
    }
}
