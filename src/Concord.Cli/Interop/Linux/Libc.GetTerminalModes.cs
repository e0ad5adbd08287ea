using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int StandardInput = 0;

    /// <summary>POSIX: tcgetattr.</summary>
    [LibraryImport(Name, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int GetTerminalModes(int descriptor, TerminalModes* modes);
}

/// <summary>The C library's <c>struct termios</c>, on x64 and arm64; with room behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TerminalModes
{
    /// <summary>Whole lines, and the keys shown, in <see cref="Local"/>.</summary>
    internal const uint Canonical = 2, Echo = 8;

    /// <summary>Where the least count and the time of a read stand; the time in tenths of a second.</summary>
    internal const int TimeAt = 5, MinimumAt = 6;

    internal uint Input;
    internal uint Output;
    internal uint Control;
    internal uint Local;
    internal byte Line;
    internal fixed byte Characters[32];
    private fixed byte _rest[64];
}
