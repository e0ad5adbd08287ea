using Concord.Cli.Files;
using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;
using Libc = Concord.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>Files that are read as bytes, and standard input.</summary>
internal static class InputBytes
{
    /// <summary>What names standard input.</summary>
    internal const string StandardInput = "-";

    /// <summary>Opens a file of any name to read it.</summary>
    /// <param name="path">The file, a pipe too; <see cref="StandardInput"/> for standard input.</param>
    /// <param name="action">What fails when it cannot be opened.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static Stream Open(string path, string action)
    {
        if (path == StandardInput) return StandardStreams.OpenInput();
        if (!OperatingSystem.IsLinux()) return File.OpenRead(path);
        using FileDescriptor opened = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloseOnExec);
        if (opened.IsInvalid) throw Failure(action);
        if (FileNodes.Read((int)opened.DangerousGetHandle()).Kind == FileKind.Directory)
            throw new IOException("it is a directory; name a file with paths in it, or leave out the option");
        var file = new SafeFileHandle(opened.DangerousGetHandle(), ownsHandle: true);
        opened.SetHandleAsInvalid();
        return new FileStream(file, FileAccess.Read, bufferSize: 0);
    }

    private static IOException Failure(string action)
    {
        const int NoSuchFile = 2, PermissionDenied = 13;
        IOException error = Libc.LastError(action);
        return error.HResult switch
        {
            NoSuchFile => new IOException("there is no such file; check the path"),
            PermissionDenied => new IOException("it may not be read; run as a user who may"),
            _ => error,
        };
    }
}
