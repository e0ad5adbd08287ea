using System.Collections.Concurrent;
using Concord.Measuring.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Measuring.Files;

/// <summary>
/// A folder for files that nobody needs after this run: made and never found, closed to other users, and deleted with
/// everything in it when it is disposed of, or when the program ends otherwise.
/// </summary>
/// <remarks>
/// Others may have the right to write where it lies, and so to rename it and put another folder in its place. Its files
/// are therefore named through the open folder (Linux: <c>/proc/PID/fd/N/name</c>), which also this program's children
/// can use, and not by a path that may lead elsewhere by then. What is inside nobody else can change.
/// </remarks>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>
    /// A thread that is still at work may add a file while the folder is emptied; it has not many to add.
    /// </summary>
    private const int AttemptsMax = 3;

    private static readonly ConcurrentDictionary<TemporaryFolder, string> Living = new();

    private readonly SafeFileHandle? _held;
    private readonly string _root;

    static TemporaryFolder()
    {
        // What stays then cannot be told to anybody.
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => _ = RemoveAll();
        AppDomain.CurrentDomain.UnhandledException += static (_, _) => _ = RemoveAll();
    }

    private TemporaryFolder(string path, SafeFileHandle? held)
    {
        Path = path;
        _held = held;
        string through = held is null ? path : $"/proc/{Environment.ProcessId}/fd/{held.DangerousGetHandle()}";
        _root = Directory.Exists(through) ? through : path;
        Living.TryAdd(this, path);
    }

    /// <summary>Its name, for people to read.</summary>
    internal string Path { get; }

    /// <summary>The directory in which it lies, for people to read.</summary>
    internal string Parent => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>The folder itself, whatever became of its name: what programs open.</summary>
    internal string Root => _root;

    /// <summary>What kind of file system it lies on, as the system calls it.</summary>
    internal string FileSystem => new DriveInfo(_root).DriveFormat;

    /// <summary>The path by which programs open a file in it.</summary>
    internal string this[string name] => System.IO.Path.Combine(_root, name);

    /// <summary>Makes a folder in the first directory that takes one.</summary>
    /// <param name="purpose">A part of its name.</param>
    /// <param name="directories">Where to try, in turn.</param>
    /// <exception cref="IOException">No directory takes it.</exception>
    internal static TemporaryFolder Create(string purpose, IReadOnlyList<string> directories)
    {
        Exception? last = null;
        foreach (string directory in directories)
        {
            try
            {
                string path = PrivateFolder.Make(directory, $".concord-{purpose}-", out SafeFileHandle? held);
                return new TemporaryFolder(path, held);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                last = exception;
            }
        }

        throw new IOException(
            $"no directory takes a temporary folder ({last?.Message ?? "there is none"}); run in one that does", last);
    }

    /// <summary>For a program that ends without disposing of what it has: deletes every folder there is.</summary>
    /// <returns>What stayed, and why.</returns>
    internal static IReadOnlyList<string> RemoveAll()
    {
        List<string> stayed = [];
        foreach (TemporaryFolder folder in Living.Keys)
        {
            try
            {
                folder.Dispose();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                stayed.Add($"cannot take away the temporary folder {folder.Path}: {exception.Message}");
            }
        }

        return stayed;
    }

    public void Dispose()
    {
        if (!Living.TryRemove(this, out _)) return;
        using (_held)
        {
            for (int attempt = 1; !TryRemove(isLast: attempt == AttemptsMax); attempt++)
            {
            }
        }
    }

    /// <summary>The name is removed last, and only as an empty folder: it may be another's by now.</summary>
    private bool TryRemove(bool isLast)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(_root).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder) folder.Delete(recursive: true);
            else entry.Delete();
        }

        try
        {
            Directory.Delete(Path);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody renamed it; it is empty.
            return true;
        }
        catch (IOException) when (!isLast)
        {
            return false;
        }
    }
}
