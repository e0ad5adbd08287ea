using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "munlockall", SetLastError = true)]
    internal static partial int Munlockall();
}
