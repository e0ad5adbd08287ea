using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "pread", SetLastError = true)]
    internal static partial nint Pread(SafeFileHandle file, nint destination, nuint length, long offset);
}
