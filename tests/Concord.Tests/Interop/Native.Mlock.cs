using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "mlock", SetLastError = true)]
    internal static partial int Mlock(nint address, nint length);
}
