using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Opens a regular file for inspection, without side effects; says clearly why others are refused.</summary>
/// <remarks>
/// The path is looked at before it is opened, because opening alone has effects on what is not a regular file (a pipe
/// waits, a tape rewinds, a watchdog starts), and the open descriptor once more, because the path may have changed.
/// For reading only: opening for writing wakes watchers, breaks leases, copies a file up on an overlay, and keeps
/// programs from being started.
/// </remarks>
internal static class FileOpening
{
    private const int Flags =
        Libc.OpenReadOnly | Libc.OpenCloseOnExec | Libc.OpenNonBlocking | Libc.OpenNoTerminal;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">A directory of the path is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="PathTooLongException">The path, or a name in it, is too long.</exception>
    /// <exception cref="IOException">It is not a regular file, or the system refused to open it.</exception>
    internal static FileDescriptor Open(string path, out FileStatus status)
    {
        if (Libc.Statx(Libc.AtCurrentDirectory, path, 0, Libc.StatxWanted, out status) != 0) throw Refused(path);
        RequireRegular(path, status);
        FileDescriptor file = Libc.Open(path, Flags);
        try
        {
            if (file.IsInvalid) throw Refused(path);
            if (Libc.Statx(file, "", Libc.AtEmptyPath, Libc.StatxWanted, out status) != 0) throw Refused(path);
            RequireRegular(path, status);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireRegular(string path, in FileStatus status)
    {
        if (!status.IsRegularFile)
        {
            throw new IOException($"'{path}' is {status.Kind}; only a regular file has pages in the system's cache");
        }
    }

    private static Exception Refused(string path)
    {
        int error = Marshal.GetLastPInvokeError();
        string why = Marshal.GetPInvokeErrorMessage(error);
        return error switch
        {
            ErrorNumber.NoEntry when LacksDirectory(path) =>
                new DirectoryNotFoundException($"cannot open '{path}': a directory of the path does not exist"),
            ErrorNumber.NoEntry => new FileNotFoundException($"cannot open '{path}': there is no such file", path),
            ErrorNumber.NotADirectory =>
                new DirectoryNotFoundException($"cannot open '{path}': a part of the path is not a directory"),
            ErrorNumber.AccessDenied or ErrorNumber.NotPermitted =>
                new UnauthorizedAccessException($"cannot open '{path}' for reading: {why}"),
            ErrorNumber.NameTooLong => new PathTooLongException($"cannot open '{path}': {why}"),
            _ => new IOException($"cannot open '{path}': {why} (errno {error})", error),
        };
    }

    private static bool LacksDirectory(string path) =>
        Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory && !Directory.Exists(directory);
}
