using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Opens regular files as <see cref="File.OpenHandle"/> does, and nothing else. It first finds what a path leads to,
/// examines it, and then opens exactly that, so that no pipe or device is opened that is put there in between. Linux:
/// O_PATH, and the descriptor's name under /proc. On other systems, and without /proc, the path is examined and then
/// opened.
/// </summary>
internal static class RegularFile
{
    /// <summary>The most tries, where another program changes the path between two steps.</summary>
    private const int TriesMax = 100;

    /// <summary>What .NET makes of bytes that are not UTF-8 where it is told a name by the system.</summary>
    private const char Unreadable = '\uFFFD';

    /// <summary>
    /// Opens a file; null where the path leads to a pipe, a socket or a device, which is not opened. The mode does not
    /// cut.
    /// </summary>
    internal static SafeFileHandle? TryOpen(
        string path, FileMode mode, FileAccess access, FileShare share, FileOptions options)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fd"))
        {
            return FileDurability.IsPipeOrDevice(path) ? null : File.OpenHandle(path, mode, access, share, options);
        }

        // CreateNew makes a new file, or fails.
        bool isText = !PathBytes.HasOthers(path);
        if (mode == FileMode.CreateNew && isText) return File.OpenHandle(path, mode, access, share, options);
        if (mode == FileMode.CreateNew && !TryMakeNamedByBytes(path))
            throw new IOException($"The file '{ShownText.Of(path)}' already exists.", ErrorNumber.Exists);
        for (int tries = 0; tries < TriesMax; tries++)
        {
            using var place = Libc.Open(path, Libc.OpenPath | Libc.OpenCloseOnExec);
            if (!place.IsInvalid) return TryReopen(place, path, access, share, options);
            int error = Marshal.GetLastPInvokeError();
            if (error is ErrorNumber.NoDescriptor or ErrorNumber.NoDescriptorInSystem or ErrorNumber.NoMemory)
            {
                string why = Marshal.GetPInvokeErrorMessage(error);
                throw new IOException($"cannot open {ShownText.Of(path)}: {why}", error);
            }

            if (!isText)
            {
                // .NET would look for, and make, another file: one whose name has other bytes.
                if (error != ErrorNumber.NoEntry || mode != FileMode.OpenOrCreate) throw Refusal(error, path);
                _ = TryMakeNamedByBytes(path);
                continue;
            }

            if (mode == FileMode.OpenOrCreate && TryMake(path, access, share, options) is { } made) return made;

            // Throw if nothing is there; if something has appeared meanwhile, examine it in the next try.
            if (mode != FileMode.OpenOrCreate) ThrowIfMissing(path);
        }

        throw new IOException($"cannot open {ShownText.Of(path)}: what it leads to changes again and again");
    }

    private static SafeFileHandle? TryReopen(
        FileDescriptor place, string path, FileAccess access, FileShare share, FileOptions options)
    {
        bool isKnown = Libc.Statx(place, "", Libc.AtEmptyPath, Libc.StatxWanted, out var status) == 0;
        if (!isKnown) throw Libc.LastError($"look at {ShownText.Of(path)}");
        if (status is { IsRegularFile: false, IsDirectory: false }) return null;
        using var use = new HandleUse(place);
        string link = $"/proc/self/fd/{use.Value}";
        try
        {
            return File.OpenHandle(link, FileMode.Open, access, share, options);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UnauthorizedAccessException(NamedAs(path, link, error), error);
        }
        catch (IOException error) when (error.GetType() == typeof(IOException))
        {
            throw new IOException(NamedAs(path, link, error), error) { HResult = error.HResult };
        }
    }

    /// <summary>
    /// Makes a file where there is none, also behind a dangling link; null if something has appeared meanwhile.
    /// </summary>
    private static SafeFileHandle? TryMake(string path, FileAccess access, FileShare share, FileOptions options)
    {
        string place = TargetOf(path) ?? path;
        if (place != path && place.Contains(Unreadable))
            throw new IOException($"{ShownText.Of(path)} leads to a name that is not UTF-8: make that file itself");
        try
        {
            // .NET makes no file for reading only: make it, and let the next try find it.
            if (access != FileAccess.Read) return File.OpenHandle(place, FileMode.CreateNew, access, share, options);
            File.OpenHandle(place, FileMode.CreateNew, FileAccess.Write, share).Dispose();
            return null;
        }
        catch (IOException error) when (error.GetType() == typeof(IOException) && Path.Exists(place))
        {
            return null;
        }
    }

    /// <summary>Makes a file whose name .NET cannot say; false if there is something by now.</summary>
    private static bool TryMakeNamedByBytes(string path)
    {
        using var made = Libc.Create(path);
        if (!made.IsInvalid) return true;
        int error = Marshal.GetLastPInvokeError();
        return error == ErrorNumber.Exists ? false : throw Refusal(error, path);
    }

    /// <summary>What .NET throws for the error number.</summary>
    private static Exception Refusal(int error, string path)
    {
        string shown = ShownText.Of(path), why = Marshal.GetPInvokeErrorMessage(error);
        return error switch
        {
            ErrorNumber.NoEntry => new FileNotFoundException($"Could not find file '{shown}'.", path),
            ErrorNumber.AccessDenied => new UnauthorizedAccessException($"cannot open {shown}: {why}"),
            _ => new IOException($"cannot open {shown}: {why}", error),
        };
    }

    private static void ThrowIfMissing(string path)
    {
        _ = File.GetAttributes(path);
        if (TargetOf(path) is not { } target) return;
        using var place = Libc.Open(target, Libc.OpenPath | Libc.OpenCloseOnExec);
        if (place.IsInvalid) throw new FileNotFoundException($"Could not find file '{path}'.", path);
    }

    /// <summary>The final target of a link, whether it exists or not; null if the path is no link.</summary>
    private static string? TargetOf(string path) => new FileInfo(path) is { LinkTarget: not null } link
        ? link.ResolveLinkTarget(returnFinalTarget: true)?.FullName
        : null;

    private static string NamedAs(string path, string link, Exception error) =>
        error.Message.Replace(link, path, StringComparison.Ordinal);
}
