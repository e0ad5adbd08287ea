using System.Globalization;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>Caches that nobody disposes: their memory goes, and nothing that was written is lost.</summary>
[Collection(SideBySide.Children)]
public sealed class DroppedCacheTests
{
    /// <summary>Address space, in GiB, that dropped caches may have at the end; each had one or more.</summary>
    private const long GibibytesMax = 6;

    [Theory]
    [InlineData(SectionKind.Private, "read")]
    [InlineData(SectionKind.Shared, "read")]
    [InlineData(SectionKind.Huge, "read")]
    [InlineData(SectionKind.Shared, "view")]
    [InlineData(SectionKind.Private, "dirty")]
    [InlineData(SectionKind.Shared, "dirty")]
    public void Memory_of_dropped_caches_goes_and_what_was_dirty_is_written(SectionKind kind, string manner)
    {
        ProcessSections.RequireLinux();
        using var folder = new TempFolder();
        using var child = Child.Start(DroppedCachesChild.Name, $"{kind}", manner, folder.Path);
        long[] got = [.. child.StandardOutput.ReadToEnd().Split(' ').Select(
            static number => long.Parse(number, CultureInfo.InvariantCulture))];
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
        Assert.InRange(got[1], long.MinValue, GibibytesMax);
        Assert.InRange(got[2], 0, GibibytesMax);
        foreach (string path in Directory.GetFiles(folder.Path))
        {
            int value = File.ReadAllBytes(path)[0];
            Assert.Equal(manner == "read" ? 0 : 7, value);
        }

        // Without a collection that the program asks for, too.
        if (manner == "read") Assert.InRange(got[0], long.MinValue, 50);
    }

    [Fact]
    public void A_lease_that_nobody_disposed_keeps_its_memory()
    {
        var lease = TakeFromDroppedCache();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Equal(5, lease.Span[0]);
        lease.Dispose();

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static PageLease TakeFromDroppedCache() =>
            new FileCache().Open(new MemoryStore(Pages.Of(5, 4))).Lease(new ByteRange(0, 10));
    }
}
