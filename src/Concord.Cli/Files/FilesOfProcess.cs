using Concord.Cli.Interop;
using Concord.Interop.Linux;

namespace Concord.Cli.Files;

/// <summary>The regular files that a process maps or has open.</summary>
internal static class FilesOfProcess
{
    private const string Deleted = " (deleted)";

    /// <summary>Finds them, each once by its path.</summary>
    /// <exception cref="IOException">There is no such process, or it does not tell.</exception>
    /// <exception cref="UnauthorizedAccessException">The process belongs to another user.</exception>
    internal static IEnumerable<string> Find(int process)
    {
        SortedSet<string> paths = new(StringComparer.Ordinal);
        foreach (string descriptor in ProcessLinks.Descriptors(process)) AddOpen(descriptor, paths);
        AddMapped(process, paths);
        return paths;
    }

    private static void AddMapped(int process, SortedSet<string> paths)
    {
        using Stream stream = InputBytes.Open(ProcessLinks.MapsOf(process), $"see what process {process} maps");
        var lines = new RecordReader(stream, (byte)'\n');
        while (lines.TryNext(out ReadOnlyMemory<byte> line))
        {
            if (PathIn(line.Span) is not { } path) continue;

            // The link of the mapping leads to the file that is mapped, whatever is at its path by now.
            int blank = line.Span.IndexOf((byte)' ');
            string link = $"{ProcessLinks.MappedFilesOf(process)}/{PathBytes.Decode(line.Span[..blank])}";
            Add(path, link, paths);
        }
    }

    private static void AddOpen(string link, SortedSet<string> paths)
    {
        if (ProcessLinks.Target(link) is ['/', ..] path) Add(path, link, paths);
    }

    /// <summary>
    /// Adds a file by the path it had, or by the link where something else is there by now; what is not a regular file
    /// is left out.
    /// </summary>
    private static void Add(string path, string link, SortedSet<string> paths)
    {
        FileNode? shown = TryRead(path), held = TryRead(link);
        if (held is { Kind: FileKind.Regular } && shown?.Identity != held?.Identity) paths.Add(link);
        else if (shown is { Kind: FileKind.Regular } && !path.EndsWith(Deleted, StringComparison.Ordinal))
            paths.Add(path);
    }

    private static FileNode? TryRead(string path)
    {
        try
        {
            return FileNodes.Read(path, follow: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The path at the end of a line of <c>/proc/PID/maps</c>, in which the kernel writes the end of a line as
    /// <c>\012</c>; null for memory that is no file.
    /// </summary>
    private static string? PathIn(ReadOnlySpan<byte> line)
    {
        const int FieldsBeforePath = 5;
        int at = 0;
        for (int field = 0; field < FieldsBeforePath; field++)
        {
            int blank = line[at..].IndexOf((byte)' ');
            if (blank < 0) return null;
            at += blank;
            while (at < line.Length && line[at] == ' ') at++;
        }

        return at < line.Length && line[at] == '/'
            ? PathBytes.Decode(line[at..]).Replace("\\012", "\n", StringComparison.Ordinal)
            : null;
    }
}
