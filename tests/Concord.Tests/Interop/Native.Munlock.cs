using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "munlock", SetLastError = true)]
    internal static partial int Munlock(nint address, nint length);
}
