using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    internal const int SetDumpable = 4, SetNoNewPrivileges = 38;

    [LibraryImport(Name, EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
