namespace Concord.Interop;

/// <summary>Directories and files that only this process' user may read and write, where systems have modes.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>
    /// Makes a directory where there is none (mode 0700); one that is there must be writable by nobody else.
    /// </summary>
    /// <exception cref="IOException">It cannot be made, or others may write in it.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    internal static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnersFile | UnixFileMode.UserExecute);
        if ((File.GetUnixFileMode(path) & OthersWrite) == 0) return;
        throw new IOException(
            $"{ShownText.Of(path)}: other users may write there; take another directory, or 'chmod go-w' this one");
    }

    /// <summary>Makes a file where there is none, empty; from then on it has mode 0600.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    internal static void MakeFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, BufferSize = 0 };
        options.Share = FileShare.ReadWrite;
        if (OperatingSystem.IsWindows())
        {
            new FileStream(path, options).Dispose();
            return;
        }

        options.UnixCreateMode = OwnersFile;
        new FileStream(path, options).Dispose();
        if (File.GetUnixFileMode(path) != OwnersFile) File.SetUnixFileMode(path, OwnersFile);
    }
}
