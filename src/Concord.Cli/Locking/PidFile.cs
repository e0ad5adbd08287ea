using System.Globalization;
using System.Text;
using Concord.Cli.Text;
using Concord.Interop.Linux;

namespace Concord.Cli.Locking;

/// <summary>
/// A file with this process's number, locked while it runs: a second process with the same file is refused, and one
/// that a killed process left is taken over.
/// </summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;

    private PidFile(string path, FileStream file)
    {
        _path = path;
        _file = file;
    }

    /// <exception cref="IOException">Another process has it, or it cannot be written.</exception>
    internal static PidFile Take(string path)
    {
        if (PathBytes.HasOthers(path)) throw new IOException($"the name of {PathText.Show(path)} is not UTF-8");
        string whole = Path.GetFullPath(path);
        var file = new FileStream(
            whole, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            // This lock keeps nobody from reading the number, as one by FileShare would other programs of .NET.
            if (OperatingSystem.IsLinux()) file.Lock(0, 1);
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            file.Flush();
            return new PidFile(whole, file);
        }
        catch (IOException exception)
        {
            file.Dispose();
            throw new IOException(
                $"{PathText.Show(path)} cannot be taken, perhaps another process has it: {exception.Message}");
        }
    }

    /// <summary>Takes the file away.</summary>
    public void Dispose()
    {
        File.Delete(_path);
        _file.Dispose();
    }
}
