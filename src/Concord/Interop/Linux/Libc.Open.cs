using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int OpenReadOnly = 0, OpenReadWrite = 2, OpenNoTerminal = 0x100, OpenNonBlocking = 0x800;
    internal const int OpenCloseOnExec = 0x80000, OpenCreate = 0x40, OpenExclusive = 0x80;

    /// <summary>What anybody may do with a new file, before the process's mask (POSIX: umask).</summary>
    private const int NewFileMode = 0x1B6;

    /// <summary>Finds what a path leads to, without opening it and without any effect on it (O_PATH).</summary>
    internal const int OpenPath = 0x200000;

    /// <summary>Past the page cache (O_DIRECT). Its number is one of the few that differ between processors.</summary>
    internal static readonly int OpenDirect = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? 0x10000
        : 0x4000;

    /// <summary>Opens without creating. If that fails, returns an invalid descriptor and sets the last error.</summary>
    /// <remarks>
    /// The call returns 32 bits, and a handle that the marshaller fills has 64, of which the upper ones are then not
    /// those of -1: hence the two steps.
    /// </remarks>
    internal static FileDescriptor Open(string path, int flags)
    {
        fixed (byte* bytes = PathBytes.Encode(path)) return new(OpenNumber(bytes, flags));
    }

    /// <summary>
    /// Makes an empty file where there is nothing, whatever bytes its name has, and opens it for writing.
    /// </summary>
    internal static FileDescriptor Create(string path)
    {
        const int Flags = OpenReadWrite | OpenCreate | OpenExclusive | OpenCloseOnExec;
        fixed (byte* bytes = PathBytes.Encode(path)) return new(CreateNumber(bytes, Flags, NewFileMode));
    }

    /// <summary>The same for a path that ends with a zero, as a number: allocates nothing.</summary>
    [LibraryImport(Name, EntryPoint = "open", SetLastError = true)]
    internal static partial int OpenNumber(byte* path, int flags);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true)]
    private static partial int CreateNumber(byte* path, int flags, int mode);
}
