using Microsoft.Win32.SafeHandles;

namespace Concord;

/// <summary>A file of a local file system, read and written through the operating system's cache.</summary>
/// <remarks>
/// Safe for use by several threads. On systems that can tell, two paths to one file (hard links, symbolic links)
/// have one identity. Barriers are the system's own (<c>fsync</c>, <c>FlushFileBuffers</c>).
/// </remarks>
public sealed class LocalFileStore : BackingStore
{
    private readonly SafeFileHandle _handle;

    private LocalFileStore(string path, SafeFileHandle handle)
    {
        Name = path;
        _handle = handle;
        Identity = Interop.FileIdentity.Of(handle, path);
    }

    /// <inheritdoc/>
    public override object Identity { get; }

    /// <summary>The full path the file was opened by.</summary>
    public override string Name { get; }

    /// <summary>Opens a file for reading and writing, and makes it when asked.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="mode">Whether the file has to exist; see <see cref="FileMode"/>. Append is not possible.</param>
    /// <param name="access">Reading, or reading and writing. Without writing, every write of the store fails.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty, or an argument is out of range.</exception>
    /// <exception cref="IOException">The file cannot be opened; nothing was changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it, or the path names a directory.</exception>
    public static LocalFileStore Open(
        string path, FileMode mode = FileMode.OpenOrCreate, FileAccess access = FileAccess.ReadWrite)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        return new LocalFileStore(full, File.OpenHandle(full, mode, access, FileShare.ReadWrite | FileShare.Delete));
    }

    /// <inheritdoc/>
    public override long GetLength() => RandomAccess.GetLength(_handle);

    /// <inheritdoc/>
    public override int Read(long offset, Memory<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int count = RandomAccess.Read(_handle, destination.Span[done..], offset + done);
            if (count == 0) break;
            done += count;
        }

        return done;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int count = await RandomAccess.ReadAsync(_handle, destination[done..], offset + done, cancellationToken)
                .ConfigureAwait(false);
            if (count == 0) break;
            done += count;
        }

        return done;
    }

    /// <inheritdoc/>
    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
        RandomAccess.Write(_handle, pieces, offset);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken) =>
        RandomAccess.WriteAsync(_handle, pieces, offset, cancellationToken);

    /// <inheritdoc/>
    public override void Barrier() => RandomAccess.FlushToDisk(_handle);

    /// <inheritdoc/>
    public override void SetLength(long length) => RandomAccess.SetLength(_handle, length);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _handle.Dispose();
        base.Dispose(disposing);
    }
}
