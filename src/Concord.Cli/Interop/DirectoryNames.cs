using System.Runtime.InteropServices;
using Concord.Cli.Files;
using Concord.Interop.Linux;
using Concord.SystemCache;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>
/// The names in a directory, one after the other, whatever bytes they have (<see cref="PathBytes"/>). The directory is
/// the one that was examined, or none.
/// </summary>
internal sealed unsafe class DirectoryNames : IDisposable
{
    /// <summary>The kind of an entry that is a regular file; a file system need not tell kinds.</summary>
    private const byte RegularKind = 8;

    private readonly int _descriptor;
    private nint _directory;

    private DirectoryNames(nint directory, int descriptor)
    {
        _directory = directory;
        _descriptor = descriptor;
    }

    /// <summary>Whether the name that was read last is known to be a regular file's.</summary>
    internal bool IsRegular { get; private set; }

    /// <summary>Finds the file of the name that was read last, without its path.</summary>
    /// <param name="name">The name.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="IOException">It is gone, or another file by now, or the system refused.</exception>
    internal FoundEntry Find(string name, string path) => FoundEntry.Find(_descriptor, name, path);

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
            var names = new DirectoryNames(directory, descriptor);
            descriptor = -1;
            return names;
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
            IsRegular = entry[Libc.EntryKind] == RegularKind;
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
