using Concord.Nt;
using Concord.Tests.Stores;

namespace Concord.Tests.Nt;

/// <summary>Statuses that stand for what the system said.</summary>
public sealed class ErrorStatusTests
{
    [Fact]
    public void What_the_system_calls_too_large_or_shared_has_its_own_status()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "error numbers of Linux");
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "file");
        using var store = LocalFileStore.Open(
            path, FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Buffered);
        const long BeyondEveryFileSystem = long.MaxValue - 8192;
        foreach (var refused in (Action[])
            [() => store.Write(BeyondEveryFileSystem, [new byte[4096]]), () => store.SetLength(BeyondEveryFileSystem)])
        {
            Assert.Equal(NTSTATUS.STATUS_FILE_TOO_LARGE, ErrorStatus.Of(Assert.ThrowsAny<IOException>(refused)));
        }

        using var cache = new FileCache();
        using var other = new FileCache();
        using var file = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        Assert.Equal(
            NTSTATUS.STATUS_SHARING_VIOLATION,
            ErrorStatus.Of(Assert.ThrowsAny<IOException>(() => other.Open(path, FileMode.Open, FileAccess.ReadWrite))));
    }
}
