using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "setresgid", SetLastError = true)]
    internal static partial int Setresgid(uint real, uint effective, uint saved);
}
