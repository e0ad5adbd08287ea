using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>The same number on every processor.</summary>
    private const nint SystemCallFaccessat2 = 439;

    internal const int MayWrite = 2;

    private const int AtEffectiveAccess = 0x200;

    /// <summary>Whether this process has the access <paramref name="mode"/> to an open file; 0 for yes.</summary>
    internal static nint Faccessat2(FileDescriptor file, nint mode) =>
        Faccessat2(SystemCallFaccessat2, file, "", mode, AtEmptyPath | AtEffectiveAccess);

    /// <summary>The call itself, since the C library's own form knows no empty path before 2.33.</summary>
    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Faccessat2(nint call, FileDescriptor file, string path, nint mode, nint flags);
}
