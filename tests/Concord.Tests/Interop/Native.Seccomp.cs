using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static unsafe partial class Native
{
    internal const int SeccompSetModeFilter = 1, SeccompAllThreads = 1;

    /// <summary>The number of seccomp(2), which the C library does not wrap.</summary>
    private static readonly nint SeccompCall = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 277 : 317;

    internal static nint Seccomp(int operation, int flags, void* program) =>
        Seccomp(SeccompCall, operation, flags, program);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Seccomp(nint call, nint operation, nint flags, void* program);
}
