using System.Globalization;
using Concord.Interop.Linux;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>What the system shows of a process under <c>/proc</c>.</summary>
internal static unsafe class ProcessLinks
{
    internal static string MapsOf(int process) => $"{FolderOf(process)}/maps";

    internal static string MappedFilesOf(int process) => $"{FolderOf(process)}/map_files";

    /// <summary>The links of the descriptors that it has open.</summary>
    /// <exception cref="IOException">There is no such process.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user.</exception>
    internal static string[] Descriptors(int process)
    {
        string folder = FolderOf(process);
        if (!Directory.Exists(folder))
            throw new IOException($"there is no process {process}; 'ps -e' shows them");
        try
        {
            return Directory.GetFiles($"{folder}/fd");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UnauthorizedAccessException(
                "its files are shown to its own user and to root alone; run as one of them");
        }
    }

    /// <summary>What a link names, whatever bytes that has; null when it is gone.</summary>
    internal static string? Target(string link)
    {
        byte* target = stackalloc byte[Libc.PathBytesMax];
        nint length;
        fixed (byte* path = PathBytes.Encode(link)) length = Libc.ReadLink(path, target, Libc.PathBytesMax);
        return length < 0 ? null : PathBytes.Decode(new ReadOnlySpan<byte>(target, (int)length));
    }

    private static string FolderOf(int process) => $"/proc/{process.ToString(CultureInfo.InvariantCulture)}";
}
