using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int FcntlSetFlags = 4;

    /// <summary>Do not advance the access time. Only a process that may act as the owner can set it.</summary>
    internal const int OpenNoAccessTime = 0x40000;

    [LibraryImport(Name, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(FileDescriptor descriptor, int command, nint argument);
}
