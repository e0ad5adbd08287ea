using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// A regular file that was found and examined, and is opened when it is first needed; it stays the file that was found.
/// </summary>
/// <remarks>
/// Finding opens nothing: opening alone has effects on files that are not regular (a pipe waits, a tape rewinds, a
/// watchdog starts), and on some file systems also on regular ones. The file is opened by its descriptor's name under
/// <c>/proc</c>, and not by the path, which may lead elsewhere by then. It is opened for reading only: opening for
/// writing wakes watchers, breaks leases, copies a file up on an overlay, and keeps programs from being started.
/// </remarks>
internal sealed class FoundFile : IDisposable
{
    private const int Flags =
        Libc.OpenReadOnly | Libc.OpenCloseOnExec | Libc.OpenNonBlocking | Libc.OpenNoTerminal;

    private readonly string _path;
    private readonly FileDescriptor _place;
    private readonly Lock _opening = new();
    private FileDescriptor? _opened;

    private FoundFile(string path, FileDescriptor place)
    {
        _path = path;
        _place = place;
        Status = Ask(Libc.StatxWanted | Libc.StatxUniqueMount);
        Type = KnownMount.TypeOf(Status) ?? KnownMount.Learn(Status, FileSystemType.Of(place));
    }

    /// <summary>The file's status when it was found.</summary>
    internal FileStatus Status { get; }

    /// <summary>The type of its file system.</summary>
    internal FileSystemType Type { get; }

    /// <summary>Whether it was opened, so that examining its pages has no further effect.</summary>
    internal bool IsOpen => Volatile.Read(ref _opened) is not null;

    /// <summary>The file, opened for reading; the same descriptor each time.</summary>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="IOException">The system refused to open it.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    internal FileDescriptor Opened => Volatile.Read(ref _opened) ?? Open();

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">A directory of the path is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory of the path may not be searched.</exception>
    /// <exception cref="PathTooLongException">The path, or a name in it, is too long.</exception>
    /// <exception cref="IOException">It is not a regular file, or the system refused to find it.</exception>
    internal static FoundFile Find(string path) => Find(path, Libc.Open(path, Libc.OpenPath | Libc.OpenCloseOnExec));

    /// <summary>Finds a file in an open directory; a link is none.</summary>
    /// <param name="directory">The directory's descriptor.</param>
    /// <param name="name">The name in it.</param>
    /// <param name="path">The path, for messages.</param>
    /// <inheritdoc cref="Find(string)" path="/exception"/>
    internal static FoundFile FindIn(int directory, string name, string path) =>
        Find(path, Libc.FindIn(directory, name));

    private static FoundFile Find(string path, FileDescriptor place)
    {
        try
        {
            if (place.IsInvalid) throw Refused(path);
            var found = new FoundFile(path, place);
            if (found.Status.IsRegularFile) return found;
            throw new IOException($"'{ShownText.Of(path)}' is {found.Status.Kind}; only regular files are treated");
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>The file's status now; does not open it.</summary>
    /// <exception cref="IOException">The system does not report it.</exception>
    internal FileStatus Look() => Ask(Libc.StatxWanted);

    public void Dispose()
    {
        lock (_opening)
        {
            _place.Dispose();
            _opened?.Dispose();
        }
    }

    private FileStatus Ask(uint wanted) =>
        Libc.Statx(_place, "", Libc.AtEmptyPath, wanted, out FileStatus status) == 0
            ? status
            : throw Libc.LastError($"ask what '{ShownText.Of(_path)}' is");

    private FileDescriptor Open()
    {
        lock (_opening)
        {
            // Open the place that the path led to, not the path, which may lead elsewhere by now.
            if (_opened is not null) return _opened;
            ObjectDisposedException.ThrowIf(_place.IsClosed, this);
            FileDescriptor opened = Libc.Open($"/proc/self/fd/{_place.DangerousGetHandle()}", Flags);
            if (opened.IsInvalid)
            {
                bool lacksProcesses = Marshal.GetLastPInvokeError() == ErrorNumber.NoEntry;
                Exception refused = lacksProcesses
                    ? new IOException("files are opened through /proc, which is not mounted here")
                    : Refused(_path);
                opened.Dispose();
                throw refused;
            }

            Volatile.Write(ref _opened, opened);
            return opened;
        }
    }

    private static Exception Refused(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        string why = Marshal.GetPInvokeErrorMessage(error), shown = ShownText.Of(path);
        return error switch
        {
            ErrorNumber.NoEntry when LacksDirectory(path) =>
                new DirectoryNotFoundException($"cannot open '{shown}': a directory of the path does not exist"),
            ErrorNumber.NoEntry => new FileNotFoundException($"cannot open '{shown}': there is no such file", path),
            ErrorNumber.NotADirectory =>
                new DirectoryNotFoundException($"cannot open '{shown}': a part of the path is not a directory"),
            ErrorNumber.AccessDenied or ErrorNumber.NotPermitted =>
                new UnauthorizedAccessException($"cannot open '{shown}' for reading: {why}"),
            ErrorNumber.NameTooLong => new PathTooLongException($"cannot open '{shown}': {why}"),
            _ => new IOException($"cannot open '{shown}': {why} (errno {error})", error),
        };
    }

    private static bool LacksDirectory(string path)
    {
        string? directory = Path.GetDirectoryName(path);
        if (directory is null or "") return false;
        int told = Libc.Statx(Libc.AtCurrentDirectory, directory, 0, Libc.StatxWanted, out FileStatus status);
        return told != 0 || !status.IsDirectory;
    }
}
