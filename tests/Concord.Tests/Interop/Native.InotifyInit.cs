using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "inotify_init1", SetLastError = true)]
    internal static partial SafeFileHandle InotifyInit(int flags);
}
