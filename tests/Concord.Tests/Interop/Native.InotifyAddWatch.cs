using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    internal const uint InotifyCloseWrite = 0x8, InotifyCloseNoWrite = 0x10;

    [LibraryImport(Name, EntryPoint = "inotify_add_watch", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int InotifyAddWatch(SafeFileHandle notifier, string path, uint events);
}
