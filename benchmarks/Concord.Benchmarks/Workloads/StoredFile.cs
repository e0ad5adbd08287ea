using Concord.Benchmarks.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A file on the disk, written once so that its blocks are there; a cache of Concord over it; and the descriptors by
/// which rivals reach it. Before a slice it is in no cache, and the kernel is asked whether that is so.
/// </summary>
internal sealed unsafe class StoredFile : IDisposable
{
    public const int PieceBytes = (int)Sizes.MiB;

    private const int DropAttemptsMax = 20, WaitNanoseconds = 1_000_000;

    private readonly ResidencyJudge _judge;
    private readonly FileCache _cache;
    private readonly FileCache? _hugeCache;
    private readonly TouchedMemory _piece = new(PieceBytes);
    private byte _value;

    /// <param name="folder">Where the file is made.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="caching">How Concord's store reads and writes it.</param>
    /// <param name="isHuge">Whether a second cache has memory of huge pages for it, where the system has them.</param>
    public StoredFile(TemporaryFolder folder, long bytes, StoreCaching caching, bool isHuge = false)
    {
        Bytes = bytes;
        Path = folder["stored"];
        Handle = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete,
            preallocationSize: bytes);
        WriteThrough();
        Flush();
        int direct = Libc.Open(Path, Libc.OpenReadWrite | Libc.OpenCloseOnExec | Libc.OpenDirect);
        if (direct < 0) throw Libc.LastError("open a file for direct I/O");
        Direct = new SafeFileHandle(direct, ownsHandle: true);
        _judge = new ResidencyJudge(Handle, bytes);

        _cache = MakeCache(SectionKind.Automatic);
        Cached = _cache.Open(OpenStore(caching));
        if (!isHuge || FileCache.HugePagesUnsupportedReason is not null) return;
        _hugeCache = MakeCache(SectionKind.Huge);
        CachedHuge = _hugeCache.Open(OpenStore(caching));
    }

    public string Path { get; }

    public long Bytes { get; }

    /// <summary>Through the system's cache.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Past it.</summary>
    public SafeFileHandle Direct { get; }

    /// <summary>In Concord's cache.</summary>
    public CachedFile Cached { get; }

    /// <summary>In a cache of Concord with huge pages, if it was asked for and the system has them.</summary>
    public CachedFile? CachedHuge { get; }

    /// <summary>A piece of memory, aligned for direct I/O.</summary>
    public byte* Piece => _piece.Address;

    /// <summary>The first bytes of <see cref="Piece"/>.</summary>
    public Span<byte> Buffer(int length) => PieceSpan[..length];

    private Span<byte> PieceSpan => new(Piece, PieceBytes);

    /// <summary>Takes the file out of both caches, and proves it.</summary>
    public void MakeCold()
    {
        if (!Cached.FlushAndPurge().IsComplete || CachedHuge?.FlushAndPurge().IsComplete == false)
            throw new InvalidOperationException("pages stayed in Concord's cache");
        Flush();

        // Pages that the kernel still reads ahead stay the first time.
        long resident = 1;
        for (int attempt = 1; resident != 0 && attempt <= DropAttemptsMax; attempt++)
        {
            if (attempt > 1) Wait();
            Advise();
            resident = _judge.CountResident();
        }

        if (resident != 0)
            throw new InvalidOperationException(
                $"{resident} pages stayed in the system's cache: nothing would be read from the disk");
    }

    private static void Wait() => _ = Libc.Nanosleep(new Libc.TimeSpecification(0, WaitNanoseconds), null);

    /// <summary>Makes pieces of so many bytes dirty in Concord's cache, with gaps of so many between them.</summary>
    public void MakeDirty(int pieceBytes, int gapBytes)
    {
        MakeCold();
        PieceSpan.Fill(++_value);
        for (long at = 0; at < Bytes; at += pieceBytes + gapBytes) Cached.Write(at, PieceSpan[..pieceBytes]);
    }

    /// <summary>Writes the whole file as programs do.</summary>
    public void WriteThrough()
    {
        PieceSpan.Fill(++_value);
        for (long at = 0; at < Bytes; at += PieceBytes) RandomAccess.Write(Handle, PieceSpan, at);
    }

    public void Flush()
    {
        if (Libc.Fdatasync(Handle) != 0) throw Libc.LastError("flush the file");
    }

    public void Advise()
    {
        int error = Libc.PosixFadvise(Handle, 0, 0, Libc.FadviseDontNeed);
        if (error != 0) throw Libc.Error("advise the kernel to drop the file", error);
    }

    public void Dispose()
    {
        CachedHuge?.Dispose();
        _hugeCache?.Dispose();
        Cached.Dispose();
        _cache.Dispose();
        _judge.Dispose();
        _piece.Dispose();
        Direct.Dispose();
        Handle.Dispose();
        File.Delete(Path);
    }

    // Room for a view to write every page unseen, which is half of the dirty limit. The lazy writer would make the disk
    // busy in another rival's slice.
    private FileCache MakeCache(SectionKind kind) => new(new FileCacheOptions
    {
        CapacityBytes = (2 * Bytes) + (64 * Sizes.MiB),
        MaxDirtyBytes = (2 * Bytes) + (64 * Sizes.MiB),
        LazyWriterInterval = TimeSpan.Zero,
        SectionKind = kind,
    });

    private LocalFileStore OpenStore(StoreCaching caching)
    {
        var store = LocalFileStore.Open(Path, FileMode.Open, FileAccess.ReadWrite, caching: caching);
        return store.Caching == caching
            ? store : throw new InvalidOperationException($"the store is {store.Caching}: {store.BufferedReason}");
    }
}
