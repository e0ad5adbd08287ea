using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    /// <summary>All memory there is, and all that will be mapped.</summary>
    internal const int LockCurrent = 1, LockFuture = 2;

    [LibraryImport(Name, EntryPoint = "mlockall", SetLastError = true)]
    internal static partial int Mlockall(int flags);
}
