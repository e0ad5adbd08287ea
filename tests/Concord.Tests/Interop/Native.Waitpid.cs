using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    [LibraryImport(Name, EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int Waitpid(int process, out int status, int options);
}
