using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint Pwrite(SafeFileHandle file, nint source, nuint length, long offset);
}
