namespace Concord;

/// <summary>A file in the operating system's own page cache: what is resident, and the one operation on it.</summary>
public sealed class SystemFile : ICoherentFile, IDisposable
{
    private SystemFile(string path) => Path = path;

    /// <summary>Whether this system can be asked, and why not where it cannot.</summary>
    public static bool IsSupported => UnsupportedReason is null;

    /// <summary>What is missing on this system, or null.</summary>
    public static string? UnsupportedReason => throw new NotImplementedException();

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The file system's name as the kernel calls it: ext4, overlay, tmpfs.</summary>
    public string FileSystem => throw new NotImplementedException();

    /// <summary>Length of the file now, in bytes.</summary>
    public long Length => throw new NotImplementedException();

    /// <summary>Opens a regular file for inspection and for the operation.</summary>
    public static SystemFile Open(string path) => new(path);

    /// <summary>What of the whole file is in the cache.</summary>
    public CacheResidency Query(ResidencyDetail detail = ResidencyDetail.Pages) => throw new NotImplementedException();

    /// <summary>What of a range is in the cache.</summary>
    public CacheResidency Query(ByteRange range, ResidencyDetail detail = ResidencyDetail.Pages) => throw new NotImplementedException();

    /// <inheritdoc/>
    public CoherencyResult FlushAndPurge(CoherencyOptions options = CoherencyOptions.None) => throw new NotImplementedException();

    /// <inheritdoc/>
    public CoherencyResult FlushAndPurge(ByteRange range, CoherencyOptions options = CoherencyOptions.None) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask<CoherencyResult> FlushAndPurgeAsync(ByteRange range, CoherencyOptions options = CoherencyOptions.None, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes the whole file back, makes it durable, and keeps it.</summary>
    public CoherencyResult Flush() => throw new NotImplementedException();

    /// <summary>Writes a range back, makes it durable, and keeps it.</summary>
    public CoherencyResult Flush(ByteRange range) => throw new NotImplementedException();

    /// <summary>Brings the whole file in; returns bytes brought in.</summary>
    public long Load(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Brings a range in.</summary>
    public long Load(ByteRange range, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Closes the descriptor; the cache stays as it is.</summary>
    public void Dispose() => throw new NotImplementedException();
}
