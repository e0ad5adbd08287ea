using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Windows;

internal static unsafe partial class Kernel32
{
    /// <summary>FileIdInfo: the volume's serial number (8 bytes) and the file's number on it (16 bytes).</summary>
    internal const int FileIdClass = 18;

    internal const int FileIdBytes = 24;

    [LibraryImport(Name, EntryPoint = "GetFileInformationByHandleEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetFileInformationByHandleEx(SafeFileHandle file, int kind, byte* answer,
        uint answerBytes);
}
