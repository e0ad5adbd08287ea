namespace Concord.Tests.Cli;

/// <summary>A new folder that anybody may enter, gone at the end of the test.</summary>
internal sealed class Folder : IDisposable
{
    internal Folder() => Path = Directory.CreateTempSubdirectory("concord-cli-").FullName;

    internal string Path { get; }

    /// <summary>Makes a file of so many bytes and returns its path.</summary>
    internal string Add(string name, int bytes = 4096)
    {
        string path = At(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var contents = new byte[bytes];
        new Random(bytes).NextBytes(contents);
        File.WriteAllBytes(path, contents);
        return path;
    }

    internal string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Lets every user in, to read, or to write too.</summary>
    internal Folder Open(bool toWrite = false)
    {
        if (OperatingSystem.IsWindows()) return this;
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        if (toWrite) mode |= UnixFileMode.OtherWrite;
        File.SetUnixFileMode(Path, mode);
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
