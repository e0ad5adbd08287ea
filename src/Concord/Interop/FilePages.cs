using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>Drops and examines the pages of an open file in the system's cache.</summary>
internal static class FilePages
{
    /// <summary>Why pages cannot be examined on this system, or null.</summary>
    internal static string? UnsupportedReason { get; } =
        OperatingSystem.IsLinux() ? null : "which pages the system keeps can be asked on Linux only";

    /// <summary>Asks the system to drop the clean pages of a range; it does not tell which stay.</summary>
    internal static void Drop(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux()) LinuxFile.Drop(file, offset, length);
    }

    /// <summary>
    /// Keeps the file open, so that its number is not given to another one: by an opening of its own, or, where the
    /// system gives none, by a use of this handle. The caller disposes the result.
    /// </summary>
    internal static IDisposable KeepOpen(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux() && LinuxFile.OpenAgain(file) is { IsInvalid: false } opened) return opened;
        return new LastingUse(file);
    }

    /// <summary>Which pages of a range are in the system's cache.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="offset">The first byte, a page's.</param>
    /// <param name="count">How many pages.</param>
    /// <returns>An answer for each page; null if the system does not report it, and every page may be there.</returns>
    internal static bool[]? Resident(SafeFileHandle file, long offset, int count) =>
        OperatingSystem.IsLinux() ? LinuxFile.Resident(file, offset, count) : null;

    private sealed class LastingUse : IDisposable
    {
        private SafeFileHandle? _file;

        internal LastingUse(SafeFileHandle file)
        {
            bool isHeld = false;
            file.DangerousAddRef(ref isHeld);
            _file = file;
        }

        public void Dispose() => Interlocked.Exchange(ref _file, null)?.DangerousRelease();
    }
}
