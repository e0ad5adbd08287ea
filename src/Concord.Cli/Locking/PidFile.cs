using System.Globalization;
using System.Text;
using Concord.Cli.Files;
using Concord.Cli.Interop;
using Concord.Cli.Text;
using Concord.Interop.Linux;

namespace Concord.Cli.Locking;

/// <summary>
/// A file with this process's number, locked while it runs: a second process with the same file is refused, and one
/// that a killed process left is taken over. A file that holds anything but a number is somebody else's, and stays.
/// </summary>
internal sealed class PidFile : IDisposable
{
    internal const string Option = "--pid-file";

    /// <summary>How often it may come and go before that is an error.</summary>
    private const int AttemptsMax = 10;

    /// <summary>The longest number, and the end of its line.</summary>
    private const int BytesMax = 11;

    /// <summary>Another process has the lock (EAGAIN).</summary>
    private const int HeldByAnother = 11;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly FileIdentity _identity;
    private readonly byte[] _bytes = Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));

    private PidFile(string path, FileStream file, FileIdentity identity)
    {
        _path = path;
        _file = file;
        _identity = identity;
    }

    /// <exception cref="IOException">
    /// Another process has it, it is something else than a file with a number, or it cannot be written.
    /// </exception>
    internal static PidFile Take(string path)
    {
        if (PathBytes.HasOthers(path)) throw Refusal(path, "its name is not UTF-8; give it one that is");
        string whole = Path.GetFullPath(path);
        try
        {
            for (int attempt = 0; attempt < AttemptsMax; attempt++)
            {
                if (TryTake(whole) is { } taken) return taken;
            }
        }
        catch (IOException exception)
        {
            throw Refusal(path, exception.Message);
        }

        throw Refusal(path, "other processes make it and take it away; try again");
    }

    /// <summary>Takes it; null where it was another file by the time it was locked.</summary>
    private static PidFile? TryTake(string path)
    {
        if (PlainFile.OpenOrMake(path) is not { } file) return null;
        PidFile? taken = null;
        try
        {
            FileNode node = FileNodes.Read((int)file.SafeFileHandle.DangerousGetHandle());
            string number = NumberIn(file);
            Lock(file, number);

            // Who had it before may have taken the name away, and a third one may have written into it.
            if (!IsNamed(path, node.Identity)) return null;
            _ = NumberIn(file);
            taken = new PidFile(path, file, node.Identity);
            file.SetLength(0);
            file.Position = 0;
            file.Write(taken._bytes);
            return taken;
        }
        finally
        {
            if (taken is null) file.Dispose();
        }
    }

    /// <summary>Takes the file away, if it is still this process's.</summary>
    public void Dispose()
    {
        using (_file)
        {
            if (IsNamed(_path, _identity) && Contents(_file).SequenceEqual(_bytes)) File.Delete(_path);
        }
    }

    /// <summary>The number that a file holds; empty where it holds nothing yet.</summary>
    private static string NumberIn(FileStream file)
    {
        ReadOnlySpan<byte> bytes = Contents(file);
        bool isLine = bytes is [.. var digits, (byte)'\n'] && !digits.IsEmpty && digits.Length < BytesMax
            && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        if (!bytes.IsEmpty && !isLine)
            throw new IOException(
                "it holds something else than the number of a process, and is left as it is; name another file");
        return Encoding.ASCII.GetString(bytes).TrimEnd();
    }

    /// <summary>The first bytes of a file, one more than a number has.</summary>
    private static ReadOnlySpan<byte> Contents(FileStream file)
    {
        byte[] bytes = new byte[BytesMax + 1];
        file.Position = 0;
        return bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }

    /// <summary>
    /// Keeps other processes of this program out. Nobody is kept from reading the number, as a lock by FileShare would
    /// keep other programs of .NET.
    /// </summary>
    private static void Lock(FileStream file, string number)
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            file.Lock(0, 1);
        }
        catch (IOException exception) when (exception.HResult == HeldByAnother)
        {
            string holder = number.Length == 0 ? "another process" : $"process {number}";
            throw new IOException($"{holder} has it; end that one, or name another file");
        }
    }

    private static bool IsNamed(string path, FileIdentity identity)
    {
        try
        {
            return FileNodes.Read(path, follow: false).Identity == identity;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private static IOException Refusal(string path, string why) => new($"{Option} {PathText.Name(path)}: {why}");
}
