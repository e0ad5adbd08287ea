namespace Concord.Tests.Stores;

[Collection(SideBySide.Stores)]
public sealed class MemoryStoreConformance : ConformingStore
{
    protected override BackingStore MakeEmpty() => new MemoryStore();

    protected override BackingStore? OpenAgain(BackingStore store) => store;
}

/// <summary>Files in the folder for temporary files, which is on a disk where the machine has one.</summary>
[Collection(SideBySide.Stores)]
public class LocalFileStoreConformance : ConformingStore, IDisposable
{
    private readonly string _folder;

    public LocalFileStoreConformance()
        : this(Path.GetTempPath())
    {
    }

    protected LocalFileStoreConformance(string parent) =>
        _folder = Directory.Exists(parent)
            ? Directory.CreateDirectory(Path.Combine(parent, $"concord-conformance-{Guid.NewGuid()}")).FullName : "";

    protected virtual StoreCaching Caching => StoreCaching.Buffered;

    public void Dispose()
    {
        if (_folder.Length > 0) Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override BackingStore MakeEmpty() =>
        LocalFileStore.Open(
            Path.Combine(_folder, Guid.NewGuid().ToString()), FileMode.CreateNew, FileAccess.Write, caching: Caching);

    protected override BackingStore? OpenAgain(BackingStore store)
    {
        string link = store.Name + "-link";
        File.CreateSymbolicLink(link, store.Name);
        return LocalFileStore.Open(link, FileMode.Open, FileAccess.ReadWrite, caching: Caching);
    }

    protected override byte[]? ReadDurable(BackingStore store) => File.ReadAllBytes(store.Name);

    protected override void RequireSystem() =>
        Assert.SkipWhen(_folder.Length == 0, SkipPolicy.OtherSystem + "there is no such file system here");
}

/// <summary>The same past the system's cache, where the file system has that.</summary>
[Collection(SideBySide.Stores)]
public sealed class DirectLocalFileStoreConformance : LocalFileStoreConformance
{
    protected override StoreCaching Caching => StoreCaching.Direct;
}

/// <summary>Direct was asked for, and is not to be had.</summary>
[Collection(SideBySide.Stores)]
public sealed class DirectLocalFileStoreOnTmpfsConformance() : LocalFileStoreConformance("/dev/shm")
{
    protected override StoreCaching Caching => StoreCaching.Direct;
}

/// <summary>The same on a file system of memory.</summary>
[Collection(SideBySide.Stores)]
public sealed class LocalFileStoreOnTmpfsConformance() : LocalFileStoreConformance("/dev/shm");

/// <summary>Memory in which the longest calls find room.</summary>
[Collection(SideBySide.Stores)]
public class SharedMemoryStoreConformance : ConformingStore
{
    protected override long? FixedLength => (20 << 20) + 1_234;

    protected override BackingStore MakeEmpty() => SharedMemoryStore.Create(FixedLength!.Value);

    protected override void RequireSystem() =>
        Assert.SkipUnless(ProcessorCache.IsSupported, SkipPolicy.OtherProcessor + ProcessorCache.UnsupportedReason);
}

/// <summary>Memory beyond what 32 bits count; what nobody touches costs nothing.</summary>
[Collection(SideBySide.Stores)]
public sealed class LongSharedMemoryStoreConformance : SharedMemoryStoreConformance
{
    protected override long? FixedLength => (1L << 32) + (1 << 20);
}

/// <summary>A file of memory, mapped twice.</summary>
[Collection(SideBySide.Stores)]
public sealed class SharedMemoryFileConformance : ConformingStore, IDisposable
{
    private const long Bytes = (20 << 20) + 1_234;

    private readonly string _folder = Directory.CreateTempSubdirectory("concord-conformance-").FullName;

    protected override long? FixedLength => Bytes;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override BackingStore MakeEmpty()
    {
        string path = Path.Combine(_folder, Guid.NewGuid().ToString());
        File.WriteAllBytes(path, new byte[Bytes]);
        return SharedMemoryStore.Open(path);
    }

    protected override BackingStore? OpenAgain(BackingStore store) => SharedMemoryStore.Open(store.Name);

    protected override byte[]? ReadDurable(BackingStore store) => File.ReadAllBytes(store.Name);

    protected override void RequireSystem() =>
        Assert.SkipUnless(ProcessorCache.IsSupported, SkipPolicy.OtherProcessor + ProcessorCache.UnsupportedReason);
}
