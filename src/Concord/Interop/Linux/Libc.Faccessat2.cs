using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>The same number on every processor.</summary>
    internal const nint SystemCallFaccessat2 = 439;

    internal const int MayWrite = 2, AtEffectiveAccess = 0x200;

    /// <summary>The call itself, since the C library's own form knows no empty path before 2.33.</summary>
    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint Faccessat2(nint call, FileDescriptor file, string path, nint mode, nint flags);
}
