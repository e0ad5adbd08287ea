using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// One file, resident everywhere: in the operating system's cache, in mappings of it, and in Concord's cache. Every
/// rival reads and writes it in its own way, on memory that is all there.
/// </summary>
internal sealed unsafe class ResidentFile : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private const int BringInAttemptsMax = 3;

    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly ResidencyJudge _judge;
    private readonly FileMapping _mapping;
    private readonly MemoryMappedFile _mappedFile;
    private readonly FileCache _cache;
    private readonly FileCache? _hugeCache;
    private readonly TouchedMemory _buffers;
    private readonly TouchedMemory _memory;

    /// <param name="folder">Where the file is made.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="isMapped">Whether it is mapped too: the system keeps every page that is.</param>
    /// <param name="isHuge">Whether a second cache has it in huge pages, where the system has them.</param>
    public ResidentFile(TemporaryFolder folder, long bytes, bool isMapped = true, bool isHuge = false)
    {
        Bytes = bytes;
        IsMapped = isMapped;
        Path = folder["resident"];
        Handle = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite,
            preallocationSize: bytes);
        _piece.AsSpan().Fill(7);
        for (long at = 0; at < bytes; at += PieceBytes)
            RandomAccess.Write(Handle, _piece.AsSpan(0, (int)Math.Min(PieceBytes, bytes - at)), at);
        RandomAccess.FlushToDisk(Handle);
        _judge = new ResidencyJudge(Handle, bytes);
        _mapping = new FileMapping(Handle, isMapped ? bytes : RandomPages.PageBytes);
        if (isMapped) _mapping.Touch();
        _mappedFile = MemoryMappedFile.CreateFromFile(Handle, null, bytes, MemoryMappedFileAccess.ReadWrite,
            HandleInheritability.None, leaveOpen: true);
        Accessor = _mappedFile.CreateViewAccessor();

        _cache = new FileCache(Options(SectionKind.Automatic));
        Cached = _cache.Open(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (isHuge && FileCache.HugePagesUnsupportedReason is null)
        {
            _hugeCache = new FileCache(Options(SectionKind.Huge));
            CachedHuge = _hugeCache.Open(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }

        BringIn();
        CollectHugePages();
        _buffers = new TouchedMemory(2 * RandomPages.PageBytes);
        _memory = new TouchedMemory(bytes);
    }

    public string Path { get; }

    public long Bytes { get; }

    private bool IsMapped { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>The handle as system calls take it.</summary>
    public int Descriptor => (int)Handle.DangerousGetHandle();

    /// <summary>Where the whole file is mapped.</summary>
    public byte* Mapped => (byte*)_mapping.Address;

    /// <summary>As many bytes of plain memory.</summary>
    public byte* Memory => _memory.Address;

    public MemoryMappedViewAccessor Accessor { get; }

    /// <summary>The file in Concord's cache.</summary>
    public CachedFile Cached { get; }

    /// <summary>The file in a cache of huge pages, if it was asked for and the system has them.</summary>
    public CachedFile? CachedHuge { get; }

    /// <summary>A page of memory for the thread of this number, 0 or 1.</summary>
    public byte* Buffer(int thread) => _buffers.Address + (thread * RandomPages.PageBytes);

    /// <summary>Reads the whole file through both caches, and proves that it is there.</summary>
    public void BringIn()
    {
        ReadThroughSystem();
        for (long at = 0; at < Bytes; at += PieceBytes)
        {
            Cached.Read(at, _piece);
            CachedHuge?.Read(at, _piece);
        }

        ProveResident();
    }

    private void ReadThroughSystem()
    {
        for (long at = 0; at < Bytes; at += PieceBytes) RandomAccess.Read(Handle, _piece, at);
        if (IsMapped) _mapping.Touch();
    }

    // The lazy writer would make the disk busy in somebody's slice.
    private FileCacheOptions Options(SectionKind kind) => new()
    {
        CapacityBytes = (2 * Bytes) + (64 * Sizes.MiB),
        MaxDirtyBytes = 2 * Bytes,
        LazyWriterInterval = TimeSpan.Zero,
        SectionKind = kind,
    };

    /// <summary>Does at once what the lazy writer does little by little.</summary>
    private void CollectHugePages()
    {
        if (_hugeCache is null) return;
        for (long before = -1; _hugeCache.HugePageBytes < Bytes && (before < 0 || _hugeCache.HugePageBytes > before);)
        {
            before = _hugeCache.HugePageBytes == 0 ? -1 : _hugeCache.HugePageBytes;
            _hugeCache.Services.HugeBlocks.Pass();
            _hugeCache.Services.HugeBlocks.Pass();
        }
    }

    /// <summary>Gives purged memory back to the system, all of it.</summary>
    public void GiveBack() => _cache.Services.Evictor.Sweep(int.MaxValue);

    /// <summary>Proves that both caches have every page.</summary>
    public void ProveResident()
    {
        // Some systems take out what was not used for a while, whether memory is short or not: that is brought in once
        // more.
        long pages = Bytes / RandomPages.PageBytes, resident = _judge.CountResident();
        for (int attempt = 1; resident < pages && attempt < BringInAttemptsMax; attempt++)
        {
            ReadThroughSystem();
            resident = _judge.CountResident();
        }

        if (resident < pages)
            throw new InvalidOperationException(
                $"the operating system has {resident} of {pages} pages: reads would be misses");
        if (_cache.ResidentBytes < Bytes)
            throw new InvalidOperationException(
                $"the cache has {_cache.ResidentBytes} of {Bytes} bytes: reads would be misses");
        if (_hugeCache?.ResidentBytes < Bytes)
            throw new InvalidOperationException(
                $"the cache of huge pages has {_hugeCache.ResidentBytes} of {Bytes} bytes: reads would be misses");
    }

    public void Dispose()
    {
        Accessor.Dispose();
        _mappedFile.Dispose();
        _buffers.Dispose();
        _memory.Dispose();
        CachedHuge?.Dispose();
        _hugeCache?.Dispose();
        Cached.Dispose();
        _cache.Dispose();
        _mapping.Dispose();
        _judge.Dispose();
        Handle.Dispose();
        File.Delete(Path);
    }
}
