using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "setgroups", SetLastError = true)]
    internal static partial int Setgroups(nuint count, nint groups);
}
