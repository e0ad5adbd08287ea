using System.Runtime.InteropServices;
using Concord.Cli.Files;
using Concord.Interop.Linux;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>
/// The names in a directory, one after the other, whatever bytes they have (<see cref="PathBytes"/>). The directory is
/// the one that was examined, or none.
/// </summary>
internal sealed unsafe class DirectoryNames : IDisposable
{
    private nint _directory;

    private DirectoryNames(nint directory) => _directory = directory;

    /// <summary>Opens a directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="expected">Its identity when it was examined.</param>
    /// <param name="followLink">Whether the path may be a symbolic link.</param>
    /// <exception cref="FileNotFoundException">It is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is another directory by now, or the system refused.</exception>
    internal static DirectoryNames Open(string path, FileIdentity expected, bool followLink)
    {
        int descriptor;
        fixed (byte* bytes = PathBytes.Encode(path)) descriptor = Libc.OpenDirectory(bytes, followLink);
        if (descriptor < 0) throw FileNodes.Failure("read the directory");
        try
        {
            bool isExpected = FileNodes.Read(descriptor).Identity == expected;
            if (!isExpected) throw new IOException("another directory was put in its place meanwhile");
            nint directory = Libc.DirectoryOf(descriptor);
            if (directory == 0) throw Libc.LastError("read the directory");
            descriptor = -1;
            return new DirectoryNames(directory);
        }
        finally
        {
            if (descriptor >= 0) _ = Libc.Close(descriptor);
        }
    }

    /// <summary>The next name.</summary>
    /// <exception cref="IOException">The directory cannot be read on.</exception>
    internal bool TryNext(out string name)
    {
        while (true)
        {
            byte* entry = Libc.ReadDirectory(_directory);
            if (entry is null)
            {
                name = "";
                return Marshal.GetLastPInvokeError() == 0 ? false : throw FileNodes.Failure("read the directory on");
            }

            ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + Libc.EntryName);
            if (bytes is [(byte)'.'] or [(byte)'.', (byte)'.']) continue;
            name = PathBytes.Decode(bytes);
            return true;
        }
    }

    public void Dispose()
    {
        if (_directory != 0) _ = Libc.CloseDirectory(_directory);
        _directory = 0;
    }
}
