using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "setresuid", SetLastError = true)]
    internal static partial int Setresuid(uint real, uint effective, uint saved);
}
