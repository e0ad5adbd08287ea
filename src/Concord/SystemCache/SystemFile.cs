using Concord.SystemCache;

namespace Concord;

/// <summary>A file in the operating system's own page cache: what is resident, and the one operation on it.</summary>
/// <remarks>
/// <para>
/// For files that other programs use through the operating system. Nothing here changes a byte of a file, so it is
/// safe on any file at any time; permission to read is enough. Members may be called by several threads at once.
/// </para>
/// <para>
/// What the system does not report is returned as unknown (<see langword="null"/>,
/// <see cref="CoherencyStatus.Unknown"/>), never as 0% or 100%. Linux reports nothing about a file to a process that
/// neither owns it nor may write it.
/// </para>
/// <para>
/// The operation takes pages out of the mappings of other processes where that is permitted (Linux: CAP_SYS_NICE and
/// CAP_SYS_PTRACE), and out of this process's own mappings, which other threads may change meanwhile. A page that two
/// mappings show stays, whichever processes have them, and is reported; <see cref="CoherencyOptions.ViewsNotSeen"/>
/// leaves mappings alone.
/// </para>
/// <para>
/// The system reports a failed write once and may then mark the pages clean. So after a
/// <see cref="WriteBackException"/> this object drops nothing any more: write the bytes again, and open the file again.
/// </para>
/// </remarks>
public sealed class SystemFile : ICoherentFile, IDisposable
{
    private readonly PageCacheFile _file;

    internal SystemFile(string path, PageCacheFile file)
    {
        Path = path;
        _file = file;
    }

    /// <summary>Whether this system is supported; <see cref="UnsupportedReason"/> says why if it is not.</summary>
    public static bool IsSupported => UnsupportedReason is null;

    /// <summary>What this system lacks, or <see langword="null"/> if nothing.</summary>
    public static string? UnsupportedReason => SystemPageCache.UnsupportedReason;

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The file system's name as the kernel calls it: ext4, overlay, tmpfs.</summary>
    public string FileSystem => _file.FileSystem;

    /// <summary>Length of the file now, in bytes.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public long Length => _file.Length;

    /// <summary>
    /// Whether <see cref="Flush(ByteRange)"/> and the operation write a range back alone. Where it is
    /// <see langword="false"/> they write the whole file back, since the system offers nothing smaller for this file.
    /// </summary>
    /// <remarks>
    /// Linux: <see langword="true"/> where this process may write the file, which is then opened for writing (and never
    /// written), by the first use of a range or of this property. <see langword="false"/> on an overlay, where that
    /// would copy the file, and for an executable, which could not be started meanwhile.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public bool WritesBackRanges => _file.WritesBackRanges;

    /// <summary>Whether opening a file of this kind may drop its pages, so that loaded pages need not stay.</summary>
    internal bool OpeningDropsPages => _file.OpeningDropsPages;

    /// <summary>Why residency is unknown, where it is.</summary>
    internal string WhyUnknown => _file.WhyUnknown;

    /// <summary>
    /// How much of a range (<see langword="null"/>: the file) is in the cache, for who has just opened it: the length
    /// is the one that it had then.
    /// </summary>
    internal CacheResidency QueryAsOpened(ByteRange? range, ResidencyDetail detail) =>
        ResidencyQuery.Run(_file, PageRange.Of(_file.LengthWhenOpened, range), detail);

    /// <summary>Length in bytes when it was opened.</summary>
    internal long LengthWhenOpened => _file.LengthWhenOpened;

    /// <summary>Opens a file that was found only (<see cref="FoundEntry"/>), and returns it.</summary>
    internal SystemFile OpenFound()
    {
        _file.OpenFound();
        return this;
    }

    /// <summary>This file as one of those that <see cref="BatchPurge"/> treats together.</summary>
    internal BatchedFile InBatch() => new(_file);

    /// <summary>Equal for two handles of one file.</summary>
    internal object Identity => _file.Identity;

    /// <summary>Whether a process that this one may inspect runs the file, as its program or as a library.</summary>
    /// <exception cref="IOException">The system does not tell this process's own mappings.</exception>
    internal bool RunsAsProgram() =>
        _file.FindMappings(new ByteRange(0, long.MaxValue)).Parts.Any(static part => part.IsExecutable);

    /// <summary>
    /// Opens a regular file for inspection and for the operation. Never waits for a pipe or a device.
    /// </summary>
    /// <param name="path">The file; a symbolic link is followed.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="path"/> is null, empty or contains a null character.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">A directory of the path is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="IOException">
    /// It is a directory, device, socket or pipe, or the system refused to open it.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="IsSupported"/> is <see langword="false"/>.
    /// </exception>
    public static SystemFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0')) throw new ArgumentException("a path contains no null character", nameof(path));
        return new(path, SystemPageCache.Open(path));
    }

    /// <summary>How much of the whole file is in the cache. Blocks for the system.</summary>
    /// <param name="detail">How much to return; counts alone take one or two system calls.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="detail"/> is not defined.</exception>
    /// <exception cref="IOException">The system refused to answer.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public CacheResidency Query(ResidencyDetail detail = ResidencyDetail.Pages) =>
        ResidencyQuery.Run(_file, null, detail);

    /// <summary>How much of a range is in the cache. Blocks for the system.</summary>
    /// <param name="range">The bytes; the part beyond the end of the file is ignored.</param>
    /// <param name="detail">How much to return.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="detail"/> is not defined.</exception>
    /// <exception cref="IOException">The system refused to answer.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public CacheResidency Query(ByteRange range, ResidencyDetail detail = ResidencyDetail.Pages) =>
        ResidencyQuery.Run(_file, range, detail);

    /// <inheritdoc/>
    public CoherencyResult FlushAndPurge(CoherencyOptions options = CoherencyOptions.None) =>
        CoherentPurge.Run(_file, null, options, CancellationToken.None);

    /// <inheritdoc/>
    public CoherencyResult FlushAndPurge(ByteRange range, CoherencyOptions options = CoherencyOptions.None) =>
        CoherentPurge.Run(_file, range, options, CancellationToken.None);

    /// <inheritdoc/>
    public ValueTask<CoherencyResult> FlushAndPurgeAsync(
        CoherencyOptions options = CoherencyOptions.None, CancellationToken cancellationToken = default)
    {
        EnumArgument.ThrowIfUndefined(options);
        return new(BlockingCall.RunAsync(token => CoherentPurge.Run(_file, null, options, token), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<CoherencyResult> FlushAndPurgeAsync(
        ByteRange range, CoherencyOptions options = CoherencyOptions.None,
        CancellationToken cancellationToken = default)
    {
        EnumArgument.ThrowIfUndefined(options);
        return new(BlockingCall.RunAsync(token => CoherentPurge.Run(_file, range, options, token), cancellationToken));
    }

    /// <summary>Writes the whole file back, makes it durable, and keeps it. Blocks.</summary>
    /// <exception cref="WriteBackException">A write failed.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public CoherencyResult Flush() => FlushAndPurge(CoherencyOptions.NoPurge);

    /// <summary>Writes a range back, makes it durable, and keeps it. Blocks.</summary>
    /// <param name="range">The bytes; whole pages are treated.</param>
    /// <exception cref="WriteBackException">A write failed.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public CoherencyResult Flush(ByteRange range) => FlushAndPurge(range, CoherencyOptions.NoPurge);

    /// <summary>Flushes the whole file, as <see cref="Flush()"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops between two runs of pages; what was written stays written.</param>
    /// <inheritdoc cref="FlushAndPurgeAsync(CoherencyOptions, CancellationToken)" path="/exception"/>
    public ValueTask<CoherencyResult> FlushAsync(CancellationToken cancellationToken = default) =>
        FlushAndPurgeAsync(CoherencyOptions.NoPurge, cancellationToken);

    /// <summary>Flushes a range, as <see cref="Flush(ByteRange)"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes; whole pages are treated.</param>
    /// <param name="cancellationToken">Stops between two runs of pages; what was written stays written.</param>
    /// <inheritdoc cref="FlushAndPurgeAsync(ByteRange, CoherencyOptions, CancellationToken)" path="/exception"/>
    public ValueTask<CoherencyResult> FlushAsync(ByteRange range, CancellationToken cancellationToken = default) =>
        FlushAndPurgeAsync(range, CoherencyOptions.NoPurge, cancellationToken);

    /// <summary>Loads the whole file, and waits for it.</summary>
    /// <param name="cancellationToken">Stops between two pieces; what was loaded stays.</param>
    /// <returns>Bytes of the pages that were not known to be in the cache before.</returns>
    /// <exception cref="IOException">A read failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public long Load(CancellationToken cancellationToken = default) => CacheLoad.Run(_file, null, cancellationToken);

    /// <summary>Loads a range, and waits for it.</summary>
    /// <param name="range">
    /// The bytes; whole pages are loaded, the part beyond the end of the file is ignored.
    /// </param>
    /// <param name="cancellationToken">Stops between two pieces; what was loaded stays.</param>
    /// <returns>Bytes of the pages that were not known to be in the cache before.</returns>
    /// <exception cref="IOException">A read failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public long Load(ByteRange range, CancellationToken cancellationToken = default) =>
        CacheLoad.Run(_file, range, cancellationToken);

    /// <summary>Loads the whole file, as the blocking form does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops between two pieces; what was loaded stays.</param>
    /// <returns>Bytes of the pages that were not known to be in the cache before.</returns>
    /// <exception cref="IOException">A read failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ValueTask<long> LoadAsync(CancellationToken cancellationToken = default) =>
        new(BlockingCall.RunAsync(token => CacheLoad.Run(_file, null, token), cancellationToken));

    /// <summary>Loads a range, as the blocking form does, without blocking the caller.</summary>
    /// <param name="range">
    /// The bytes; whole pages are loaded, the part beyond the end of the file is ignored.
    /// </param>
    /// <param name="cancellationToken">Stops between two pieces; what was loaded stays.</param>
    /// <returns>Bytes of the pages that were not known to be in the cache before.</returns>
    /// <exception cref="IOException">A read failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ValueTask<long> LoadAsync(ByteRange range, CancellationToken cancellationToken = default) =>
        new(BlockingCall.RunAsync(token => CacheLoad.Run(_file, range, token), cancellationToken));

    /// <summary>Closes the descriptor; the cache stays as it is. Does not block.</summary>
    public void Dispose() => _file.Dispose();
}
