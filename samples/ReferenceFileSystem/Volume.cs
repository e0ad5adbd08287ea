using Concord;
using Concord.Nt;

namespace ReferenceFileSystem;

/// <summary>
/// A volume whose files live in memory: what a file system keeps of each is a <see cref="FileControlBlock"/>.
/// </summary>
public sealed unsafe class Volume : IDisposable
{
    private readonly FileCache _cache = new(new FileCacheOptions { CapacityBytes = 16 << 20 });
    private readonly Dictionary<string, FileControlBlock> _files = [];

    /// <summary>Whether something of the volume is not in its files' stores yet.</summary>
    public bool IsDirty => Ntifs.CcIsThereDirtyData((void*)Id);

    /// <summary>What the volume's file objects carry, so that the cache can tell volumes apart.</summary>
    private nint Id => 1;

    /// <summary>Opens a file, which comes into being if there is none.</summary>
    public FileHandle Open(string name, bool isCached = true, bool isWriteThrough = false)
    {
        if (!_files.TryGetValue(name, out var file)) _files.Add(name, file = new FileControlBlock(new MemoryStore()));
        return new FileHandle(file, _cache.Open(file.Device, leaveOpen: true), Id, isCached, isWriteThrough);
    }

    public void Dispose() => _cache.Dispose();
}
