using System.Runtime.CompilerServices;
using Concord.Interop;
using Concord.Stores;
using Microsoft.Win32.SafeHandles;

namespace Concord;

/// <summary>A file of a local file system, read and written past the operating system's cache or through it.</summary>
/// <remarks>
/// <para>
/// Safe for use by several threads. Two paths to one file (hard links, symbolic links, relative paths) have one
/// identity: the device and the file's number on it, taken from the open file. On a file system that gives files no
/// numbers, the identity is the full path.
/// </para>
/// <para>
/// A barrier is the system's own, with every error told: <c>fdatasync</c> on Linux (POSIX: fdatasync), a full flush to
/// the medium on macOS (<c>F_FULLFSYNC</c>), <c>FlushFileBuffers</c> on Windows. The first barrier also makes the
/// file's name durable on Linux, by its directory: flushed bytes are of no use in a file whose name a loss of power
/// took away, and the store cannot know whether the program that made the file has seen to that. On other systems the
/// file system's journal does it.
/// </para>
/// <para>
/// Direct I/O is used on Linux; on other systems the store is buffered, and <see cref="BufferedReason"/> says so.
/// Ragged ends of a write, shorter than a page, go through the system's cache and leave it with the next barrier. Other
/// programs may read and write the file in any way: the kernel keeps both ways coherent, except for pages that another
/// program maps and changes while they are written here.
/// </para>
/// <para>
/// After a barrier that failed, a write first drops the range's pages from the system's cache, and checks that they are
/// gone. Where they stay, because a program maps them, the bytes are written past the system's cache; where that is
/// refused, the write fails. Otherwise a good barrier would prove nothing: some file systems skip a page whose
/// write-back failed.
/// </para>
/// <para>
/// Ranges that were never written stay holes where the file system has holes. Renaming or removing the file while it is
/// open is harmless on Linux and macOS: the store goes on with the file it opened.
/// </para>
/// </remarks>
public sealed partial class LocalFileStore : BackingStore
{
    private readonly SafeFileHandle _handle;
    private readonly string _directory;
    private readonly WritesUnderWay _writes;
    private readonly DirectAccess? _direct;
    private readonly FileLife _life;
    private FileSharingLocks? _sharingLocks;
    private volatile bool _isNameDurable;
    private volatile string? _bufferedReason;

    private LocalFileStore(string path, SafeFileHandle handle, bool canWrite, StoreCaching caching)
    {
        Name = path;
        CanWrite = canWrite;
        _handle = handle;

        // Ask now: the file may be renamed or removed before the first barrier.
        _directory = FileDurability.DirectoryOf(path);
        _life = FileLife.Of(handle, path);
        if (caching == StoreCaching.Buffered)
        {
            _bufferedReason = "buffered I/O was asked for";
        }
        else
        {
            bool isStated = caching == StoreCaching.Automatic;
            var file = DirectFile.TryOpen(handle, path, canWrite, onlyIfStated: isStated, out string? refusal);
            _direct = file is null ? null : new DirectAccess(file, handle, path);
            _bufferedReason = refusal;
        }

        _writes = WritesUnderWay.Of(Identity);
    }

    /// <inheritdoc/>
    public override object Identity => _life.Identity;

    /// <summary>The full path the file was opened by.</summary>
    public override string Name { get; }

    /// <inheritdoc/>
    public override bool CanWrite { get; }

    /// <summary>The mode in use: <see cref="StoreCaching.Direct"/> or <see cref="StoreCaching.Buffered"/>.</summary>
    public StoreCaching Caching => _bufferedReason is null ? StoreCaching.Direct : StoreCaching.Buffered;

    /// <summary>
    /// Why the store is buffered; null while it is direct. A file system may refuse direct I/O at any call.
    /// </summary>
    public string? BufferedReason => _bufferedReason;

    /// <summary>The locks that keep caches of other processes from the file.</summary>
    internal FileSharingLocks SharingLocks => _sharingLocks ??= new FileSharingLocks(_handle);

    /// <summary>
    /// Opens a file, and makes it if <paramref name="mode"/> says so, with the arguments, defaults and exceptions of
    /// <see cref="File.OpenHandle"/>. Never waits for a pipe or a device. A file that a cache has open is not cut: with
    /// <see cref="FileMode.Create"/> and <see cref="FileMode.Truncate"/> it is refused. Blocks.
    /// </summary>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">
    /// Whether the file has to exist, and whether it is cut to nothing. Append means OpenOrCreate: there are no
    /// positions.
    /// </param>
    /// <param name="access">
    /// What is done with it. A file for writing is opened for reading too: a cache reads what a write covers in part.
    /// </param>
    /// <param name="share">
    /// What other openings may do; on Unix only <see cref="FileShare.None"/> keeps other openings out (Linux:
    /// flock(2)).
    /// </param>
    /// <param name="caching">
    /// Whether the bytes pass through the system's cache; <see cref="Caching"/> says which mode is in use.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <paramref name="path"/> is empty, or <paramref name="mode"/> and <paramref name="access"/> do not go together.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An argument is not a defined value.</exception>
    /// <exception cref="IOException">
    /// The file cannot be opened, another opening does not share it, it is to be cut and a cache has it, or it is a
    /// pipe, a socket or a device; nothing was changed.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">
    /// The rights do not allow it, or the path names a directory.
    /// </exception>
    public static LocalFileStore Open(
        string path,
        FileMode mode = FileMode.Open,
        FileAccess access = FileAccess.Read,
        FileShare share = FileShare.Read,
        StoreCaching caching = StoreCaching.Automatic)
    {
        OpenArguments.Check(path, mode, access, share, FileOptions.None);
        EnumArgument.ThrowIfUndefined(caching);
        var store = OpenUncut(path, mode, access, share, FileOptions.None, caching);
        if (!OpenArguments.Cuts(mode)) return store;
        try
        {
            // Cut only a file that no cache has: a cache would go on with the length and the bytes that it knows.
            using (SharingLock.Take(store, new Sharing(access, FileShare.None), cacheName: null)) store.SetLength(0);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a file without changing its bytes, even where the mode asks for a cut; the caller cuts it. The caller has
    /// checked the arguments.
    /// </summary>
    internal static LocalFileStore OpenUncut(
        string path, FileMode mode, FileAccess access, FileShare share, FileOptions options, StoreCaching caching)
    {
        string full = Path.GetFullPath(path);
        bool canWrite = (access & FileAccess.Write) != 0;

        // The cache makes writes durable with barriers, so the system need not write through.
        var handle = SystemShortage.Relieve(() => RegularFile.TryOpen(
            full,
            OpenArguments.WithoutCut(mode),
            canWrite ? FileAccess.ReadWrite : FileAccess.Read,
            share,
            options & ~FileOptions.WriteThrough)) ?? throw NoFile(ShownText.Of(full));
        try
        {
            // Only a regular file has a length; systems report another kind with this exception.
            _ = RandomAccess.GetLength(handle);
            return new LocalFileStore(full, handle, canWrite, caching);
        }
        catch (Exception error)
        {
            handle.Dispose();
            if (error is NotSupportedException) throw NoFile(ShownText.Of(full));
            throw;
        }
    }

    /// <inheritdoc/>
    public override long GetLength() => FileBytes.GetLength(_handle, Name);

    internal override bool IsLowest => true;

    internal override bool ReadsOnThread => Direct is not null || Doubt is not null;

    /// <inheritdoc/>
    public override void Refresh() => _direct?.ForgetLength();

    /// <inheritdoc/>
    public override int Read(long offset, Memory<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        destination = UpToLastOffset(offset, destination);
        int count = ReadNow(offset, destination);
        Doubt?.Overlay(offset, destination.Span[..count]);
        return count;
    }

    private int ReadNow(long offset, Memory<byte> destination)
    {
        if (Direct is { } direct)
        {
            if (direct.Read(offset, destination) is { } read) return read;
            Refuse();
        }

        int done = 0;
        while (done < destination.Length)
        {
            int count = FileBytes.Read(_handle, destination.Span[done..], offset + done, Name);
            if (count == 0) break;
            done += count;
        }

        return done;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (Direct is not null || Doubt is not null)
        {
            await LeaveCaller();
            return Read(offset, destination);
        }

        destination = UpToLastOffset(offset, destination);
        int done = 0;
        while (done < destination.Length)
        {
            int count = await FileBytes.ReadAsync(_handle, destination[done..], offset + done, Name, cancellationToken)
                .ConfigureAwait(false);
            if (count == 0) break;
            done += count;
        }

        return done;
    }

    /// <inheritdoc/>
    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var range = ByteRange.FromBounds(offset, this.EndOf(offset, pieces));
        if (!TryDropCopies(range))
        {
            WritePastCache(range, pieces);

            // Pages of a doubtful file that stay in the system's cache: write past it.
            return;
        }

        _writes.Begin();
        try
        {
            WriteNow(offset, pieces);
        }
        finally
        {
            _writes.End();
        }
    }

    private void WriteNow(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (Direct is { } direct && CanWrite)
        {
            if (direct.Write(offset, pieces)) return;
            Refuse();
        }

        FileBytes.Write(_handle, pieces, offset, Name);
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        _ = this.EndOf(offset, pieces);
        cancellationToken.ThrowIfCancellationRequested();
        if (Direct is null && Doubt is null && _writes.TryBegin())
        {
            try
            {
                await FileBytes.WriteAsync(_handle, pieces, offset, Name, cancellationToken).ConfigureAwait(false);
                return;
            }
            finally
            {
                _writes.End();
            }
        }

        await LeaveCaller();
        Write(offset, pieces);
    }

    /// <inheritdoc/>
    /// <remarks>A buffered store has the system's cache begin to write the range (Linux: sync_file_range(2)).</remarks>
    public override void AnnounceBarrier(ByteRange range)
    {
        if (Direct is null) FileDurability.BeginFlush(_handle, range.Offset, range.Length);
    }

    /// <inheritdoc/>
    public override void Barrier()
    {
        var ragged = _direct?.TakeRagged();
        try
        {
            // First write other programs' bytes that a drop took away and this store keeps; then the system's barrier.
            Stale?.WriteKept();
            FileDurability.Flush(_handle, Label);
        }
        catch
        {
            DoubtfulFile.NoteFailure(_life);

            // The ragged ends stay in the system's cache until a barrier is good.
            foreach (var range in ragged ?? []) _direct?.NoteRagged(range);
            throw;
        }

        // The barrier is good: drop the ragged ends, and make the name durable once.
        if (ragged is not null) _direct?.Drop(ragged);
        if (_isNameDurable) return;
        FileDurability.FlushName(_handle, _directory, Label);
        _isNameDurable = true;
    }

    /// <inheritdoc/>
    public override async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        // The system has only blocking barriers: a thread of the pool waits in the caller's place.
        cancellationToken.ThrowIfCancellationRequested();
        await LeaveCaller();
        Barrier();
    }

    /// <inheritdoc/>
    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        SetLengthOfAll(length);
        _direct?.ForgetLength();

        // A cut clears the rest of the last page, in the system's cache.
        if (length > 0) _direct?.NoteRagged(new ByteRange(length - 1, 1));
    }

    /// <inheritdoc/>
    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await LeaveCaller();
        SetLength(length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _direct?.Dispose();
            _pastCache?.Dispose();
            _handle.Dispose();
        }

        base.Dispose(disposing);
    }

    private DirectAccess? Direct => _bufferedReason is null ? _direct : null;

    /// <summary>
    /// Shortens a read that would end beyond the last offset, which the system refuses; no file has bytes there.
    /// </summary>
    private static Memory<byte> UpToLastOffset(long offset, Memory<byte> destination) =>
        destination[..(int)Math.Min(destination.Length, long.MaxValue - offset)];

    /// <summary>
    /// Uses the system's cache from now on, with which direct calls under way stay coherent.
    /// </summary>
    private void Refuse() => _bufferedReason = "the file system refused a direct call, aligned as it had asked for";

    private static ConfiguredTaskAwaitable LeaveCaller() =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private static IOException NoFile(string path) =>
        new($"cannot cache {path}: it is a pipe, a socket or a device, and only a regular file has bytes at offsets");
}
