using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Asks a terminal for its size; the same number on x64 and arm64.</summary>
    internal const nuint GetTerminalSize = 0x5413;

    /// <summary>
    /// The C library declares this call with further arguments; on x64 and arm64 one is passed as if it were declared.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int TerminalControl(int descriptor, nuint request, TerminalSize* size);
}

/// <summary>Linux: <c>struct winsize</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TerminalSize
{
    internal ushort Rows;
    internal ushort Columns;
    internal ushort WidthInPixels;
    internal ushort HeightInPixels;
}
