namespace Concord.Cli.Files;

/// <summary>Which files a command treats: what the command line names, and what is left out of it.</summary>
/// <param name="Paths">The files and directories of the command line.</param>
internal sealed record FileSelection(IReadOnlyList<string> Paths)
{
    /// <summary>A file with further paths, <c>-</c> for standard input; null for none.</summary>
    internal string? ListPath { get; init; }

    /// <summary>Whether a zero ends each path of the list, in place of the end of a line.</summary>
    internal bool IsNullSeparated { get; init; }

    /// <summary>The process whose files are treated; null for none.</summary>
    internal int? Process { get; init; }

    /// <summary>Whether links inside directories are followed.</summary>
    internal bool Follow { get; init; }

    /// <summary>Whether file systems that are mounted inside directories are passed over.</summary>
    internal bool StaysOnFileSystem { get; init; }

    internal FileFilter Filter { get; init; } = FileFilter.None;

    /// <summary>Whether paths come from elsewhere too, so that two may lead to one file.</summary>
    internal bool HasFurtherPaths => ListPath is not null || Process is not null;

    /// <summary>The same with the list's paths among its own, for who goes through them more than once.</summary>
    /// <exception cref="IOException">The list cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The list may not be read.</exception>
    internal FileSelection WithListRead()
    {
        if (ListPath is not { } list) return this;
        try
        {
            IEnumerable<string> listed = new FileList(list, IsNullSeparated).Read().Select(static name => name.Path);
            return this with { Paths = [.. Paths, .. listed], ListPath = null };
        }
        catch (IOException exception)
        {
            throw new IOException($"{list}: {exception.Message}", exception);
        }
    }

    /// <summary>Every path, as it is come to. The list, and the process, may refuse meanwhile.</summary>
    internal IEnumerable<NamedPath> Names()
    {
        for (int i = 0; i < Paths.Count; i++) yield return new NamedPath(Paths[i], i);
        if (ListPath is { } list)
        {
            foreach (NamedPath name in new FileList(list, IsNullSeparated).Read()) yield return name;
        }

        if (Process is not { } process) yield break;
        foreach (string path in FilesOfProcess.Find(process)) yield return new NamedPath(path, NamedPath.NoArgument);
    }
}

/// <summary>A path that was named.</summary>
/// <param name="Path">The path as it was written.</param>
/// <param name="Argument">Which argument of the command line it is, or <see cref="NoArgument"/>.</param>
internal readonly record struct NamedPath(string Path, int Argument)
{
    /// <summary>It was named in a list, or belongs to a process.</summary>
    internal const int NoArgument = -1;

    /// <summary>The bytes that a snapshot has of it; null for the whole file.</summary>
    internal IReadOnlyList<ByteRange>? Ranges { get; init; }

    /// <summary>Whether it may be gone by now, which is no error: the user did not name it.</summary>
    internal bool MayBeGone => Ranges is not null;
}
