using System.Buffers.Text;
using System.Globalization;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// A process's folder under <c>/proc</c>, held open. Reads through it concern that process only: when the process has
/// ended they fail, also when its number belongs to another process by then.
/// </summary>
internal sealed class ProcessFolder : IDisposable
{
    private readonly FileDescriptor _folder;

    private ProcessFolder(int id, FileDescriptor folder)
    {
        Id = id;
        _folder = folder;
    }

    /// <summary>The process's number.</summary>
    internal int Id { get; }

    /// <summary>Opens the folder of a process; <see langword="null"/> if the process has ended or is hidden.</summary>
    internal static ProcessFolder? Open(int id)
    {
        string name = id == Environment.ProcessId ? "self" : id.ToString(CultureInfo.InvariantCulture);
        FileDescriptor folder = ProcessFile.Open($"/proc/{name}");
        if (!folder.IsInvalid) return new ProcessFolder(id, folder);
        folder.Dispose();
        return null;
    }

    /// <summary>Opens a file of it; an invalid descriptor and the last error when it fails.</summary>
    internal FileDescriptor OpenFile(string name) =>
        Libc.OpenAt(_folder, name, Libc.OpenReadOnly | Libc.OpenCloseOnExec);

    /// <summary>
    /// Reads a file of it to its end; as <see cref="ProcessFile.ReadAll(FileDescriptor, ref byte[])"/>.
    /// </summary>
    internal int ReadAll(string name, ref byte[] contents)
    {
        using FileDescriptor file = OpenFile(name);
        return ProcessFile.ReadAll(file, ref contents);
    }

    /// <summary>
    /// Opens a descriptor of the process, for calls that act on it; <see langword="null"/> if the process has ended. If
    /// the system refuses, returns an invalid descriptor and sets the last error.
    /// </summary>
    /// <remarks>
    /// The number may belong to another process when it is opened. So the code asks the kernel which number was opened,
    /// and then the folder whether its process still lives: as long as it does, no other process has its number.
    /// </remarks>
    internal FileDescriptor? OpenProcess()
    {
        FileDescriptor process = Libc.PidfdOpen(Id);
        if (process.IsInvalid) return process;
        if (NumberOf(process) == Id && Lives()) return process;
        process.Dispose();
        return null;
    }

    public void Dispose() => _folder.Dispose();

    private bool Lives()
    {
        using FileDescriptor file = OpenFile("stat");
        byte[] contents = [];
        return ProcessFile.ReadAll(file, ref contents) > 0;
    }

    /// <summary>The process's number as the mounted <c>/proc</c> counts, or -1.</summary>
    private static int NumberOf(FileDescriptor process)
    {
        byte[] contents = [];
        using HandleUse use = new(process);
        int length = ProcessFile.ReadAll($"/proc/self/fdinfo/{use.Value}", ref contents);
        ReadOnlySpan<byte> text = contents.AsSpan(0, Math.Max(length, 0));
        ReadOnlySpan<byte> field = "Pid:\t"u8;
        foreach (Range line in text.Split((byte)'\n'))
        {
            if (text[line].StartsWith(field) && Utf8Parser.TryParse(text[line][field.Length..], out int number, out _))
                return number;
        }

        return -1;
    }
}
