using System.Runtime.InteropServices;
using Concord.Cli.Files;
using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>
/// Regular files that are opened by a name that others may have planted: no link is followed, and nothing waits.
/// </summary>
internal static unsafe class PlainFile
{
    private const int NoSuchFile = 2, PermissionDenied = 13, Exists = 17, IsDirectory = 21, TooManyLinks = 40;

    /// <summary>Opens a file to read it.</summary>
    /// <exception cref="IOException">It is no regular file, or cannot be opened.</exception>
    internal static FileStream OpenToRead(string path) =>
        Open(path, Libc.OpenReadOnly, FileAccess.Read) ?? throw Refusal(NoSuchFile);

    /// <summary>Opens a file to read and write it, or makes it.</summary>
    /// <returns>Null where it came or went meanwhile: try again.</returns>
    /// <exception cref="IOException">It is no regular file, or cannot be opened or made.</exception>
    internal static FileStream? OpenOrMake(string path) =>
        Open(path, Libc.OpenReadWrite, FileAccess.ReadWrite)
            ?? Open(path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenExclusive, FileAccess.ReadWrite);

    private static FileStream? Open(string path, int flags, FileAccess access)
    {
        int opened;
        fixed (byte* bytes = PathBytes.Encode(path)) opened = Libc.OpenItself(bytes, flags);
        if (opened < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            bool isAbsent = error == NoSuchFile && (flags & Libc.OpenCreate) == 0;
            return isAbsent || error == Exists ? null : throw Refusal(error);
        }

        var handle = new SafeFileHandle(opened, ownsHandle: true);
        try
        {
            FileKind kind = FileNodes.Read(opened).Kind;
            if (kind != FileKind.Regular) throw new IOException(Words(kind));
            return new FileStream(handle, access, bufferSize: 0);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>What a thing is that is no regular file, and what to name instead.</summary>
    internal static string Words(FileKind kind) => kind switch
    {
        FileKind.Directory => "it is a directory; name a file",
        FileKind.SymbolicLink => "it is a symbolic link, which is not followed; name the file itself",
        _ => "it is a device, a pipe or a socket; name a regular file, or one that is not there yet",
    };

    private static IOException Refusal(int error) => new(error switch
    {
        NoSuchFile => "there is no such directory; make it first, or name another file",
        PermissionDenied => "it may not be opened; run as a user who may, or name another file",
        IsDirectory => Words(FileKind.Directory),
        TooManyLinks => Words(FileKind.SymbolicLink),
        _ => Libc.LastError("open it").Message,
    });
}
