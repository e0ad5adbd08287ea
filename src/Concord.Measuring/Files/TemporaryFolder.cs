using System.Collections.Concurrent;
using Concord.Measuring.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Measuring.Files;

/// <summary>
/// A folder for temporary files of this run: always newly made, closed to other users, and deleted with everything in
/// it when it is disposed, or when the program ends without that.
/// </summary>
/// <remarks>
/// Other users may have the right to write to its parent, and so to rename it and put another folder in its place. So
/// its files are named through the open folder (Linux: <c>/proc/PID/fd/N/name</c>), which this program's children can
/// use too, and not by a path that may lead elsewhere by then. Other users cannot change what is inside.
/// </remarks>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>
    /// The most tries to empty it: a thread that is still at work may add a few files meanwhile.
    /// </summary>
    private const int AttemptsMax = 3;

    private static readonly ConcurrentDictionary<TemporaryFolder, string> Living = new();

    private readonly SafeFileHandle? _held;
    private readonly string _root;

    static TemporaryFolder()
    {
        // A folder that stays then cannot be reported.
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

    /// <summary>Its name, for messages.</summary>
    internal string Path { get; }

    /// <summary>Its parent directory, for messages.</summary>
    internal string Parent => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>A path to the folder itself, whatever became of its name.</summary>
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

    /// <summary>Deletes every folder of the process, for a program that ends without disposing them.</summary>
    /// <returns>The folders that could not be deleted, each with the reason.</returns>
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

    /// <summary>
    /// Empties the folder, then removes its name, only as an empty folder: it may be another folder's by now.
    /// </summary>
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
            // It was renamed; it is empty.
            return true;
        }
        catch (IOException) when (!isLast)
        {
            return false;
        }
    }
}
