using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    internal const int SetDumpable = 4, SetSeccomp = 22, SetNoNewPrivileges = 38, SetMemoryDenyWriteExecute = 65;

    [LibraryImport(Name, EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Prctl(int option, nint argument2, nint argument3, nint argument4, nint argument5);
}
