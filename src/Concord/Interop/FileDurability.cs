using Concord.Interop.Linux;
using Concord.Interop.MacOs;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Makes files durable by the calls of each system, and detects pipes and devices, which must not be opened.
/// </summary>
internal static class FileDurability
{
    /// <summary>Makes a file's bytes and length durable, and reports every error.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void Flush(SafeFileHandle handle, string path)
    {
        if (OperatingSystem.IsLinux()) LinuxFile.Flush(handle, path);
        else RandomAccess.FlushToDisk(handle);
    }

    /// <summary>
    /// Has the system begin to write a range that <see cref="Flush"/> will make durable, where it has a call for that.
    /// </summary>
    internal static void BeginFlush(SafeFileHandle handle, long offset, long length)
    {
        if (OperatingSystem.IsLinux()) LinuxFile.BeginFlush(handle, offset, length);
    }

    /// <summary>
    /// Makes the name durable under which a file was made. Windows and macOS have no call for that: their file systems
    /// keep names in a journal, which the flush of the file writes too.
    /// </summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static void FlushName(SafeFileHandle handle, string directory, string path)
    {
        if (OperatingSystem.IsLinux()) LinuxFile.FlushName(handle, directory, path);
    }

    /// <summary>
    /// The directory that has the name of an open file: where a symbolic link leads, not where it is.
    /// </summary>
    internal static string DirectoryOf(string path) => Path.GetDirectoryName(TargetOf(path) ?? path) ?? path;

    /// <summary>
    /// Where a link leads; null for what is none, and for a name that is not UTF-8: .NET would ask another file.
    /// </summary>
    private static string? TargetOf(string path) =>
        PathBytes.HasOthers(path) ? null : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;

    /// <summary>Whether opening a path would open a pipe or a device, and could wait for ever.</summary>
    internal static bool IsPipeOrDevice(string path) =>
        OperatingSystem.IsLinux() ? LinuxFile.IsPipeOrDevice(path)
        : OperatingSystem.IsMacOS() && MacOsFile.IsPipeOrDevice(path);
}
