using System.Globalization;

namespace Concord.Cli.Running;

/// <summary>A folder for files that nobody needs after this run; deleted with everything in it when it is disposed of.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private TemporaryFolder(string path) => Path = path;

    internal string Path { get; }

    /// <summary>What kind of file system it lies on, as the system calls it.</summary>
    internal string FileSystem => new DriveInfo(Path).DriveFormat;

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a folder in the first directory that takes one.</summary>
    /// <param name="purpose">A part of its name.</param>
    /// <param name="directories">Where to try, in turn.</param>
    /// <exception cref="IOException">No directory takes it.</exception>
    internal static TemporaryFolder Create(string purpose, IReadOnlyList<string> directories)
    {
        Exception? last = null;
        foreach (string directory in directories)
        {
            string path = System.IO.Path.Combine(directory, $".concord-{purpose}-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
            try
            {
                return new TemporaryFolder(Directory.CreateDirectory(path).FullName);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                last = exception;
            }
        }

        throw new IOException($"no directory takes a temporary folder ({last?.Message ?? "there is none"}); run in one that does", last);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
