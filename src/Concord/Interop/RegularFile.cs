using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Opens files as <see cref="File.OpenHandle"/> does, and nothing else: what a path leads to is found first, looked at,
/// and then opened as the thing that was found, so that no pipe or device is opened that is put there in between.
/// Linux: O_PATH, and the descriptor's name under /proc. Elsewhere, and without /proc, it is looked at and opened.
/// </summary>
internal static class RegularFile
{
    /// <summary>A path that changes as often between two looks is left to whoever changes it.</summary>
    private const int TriesMax = 100;

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

        // Makes what is not there, or nothing.
        if (mode == FileMode.CreateNew) return File.OpenHandle(path, mode, access, share, options);
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

            if (mode == FileMode.OpenOrCreate && TryMake(path, access, share, options) is { } made) return made;

            // Says why there is nothing, and opens nothing; or something has come, and is looked at.
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
    /// Makes a file where there is none, also behind a link that leads nowhere; null where something is now.
    /// </summary>
    private static SafeFileHandle? TryMake(string path, FileAccess access, FileShare share, FileOptions options)
    {
        string place = TargetOf(path) ?? path;
        try
        {
            // .NET makes no file for reading alone: this one is made, and then found.
            if (access != FileAccess.Read) return File.OpenHandle(place, FileMode.CreateNew, access, share, options);
            File.OpenHandle(place, FileMode.CreateNew, FileAccess.Write, share).Dispose();
            return null;
        }
        catch (IOException error) when (error.GetType() == typeof(IOException) && Path.Exists(place))
        {
            return null;
        }
    }

    private static void ThrowIfMissing(string path)
    {
        _ = File.GetAttributes(path);
        if (TargetOf(path) is not { } target) return;
        using var place = Libc.Open(target, Libc.OpenPath | Libc.OpenCloseOnExec);
        if (place.IsInvalid) throw new FileNotFoundException($"Could not find file '{path}'.", path);
    }

    /// <summary>What a link leads to in the end, whether it is there or not; null for what is no link.</summary>
    private static string? TargetOf(string path) => new FileInfo(path) is { LinkTarget: not null } link
        ? link.ResolveLinkTarget(returnFinalTarget: true)?.FullName
        : null;

    private static string NamedAs(string path, string link, Exception error) =>
        error.Message.Replace(link, path, StringComparison.Ordinal);
}
