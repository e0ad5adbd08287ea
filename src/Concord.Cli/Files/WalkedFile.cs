namespace Concord.Cli.Files;

/// <summary>A regular file that a walk has found.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Node">What the path names in the file system.</param>
/// <param name="Argument">Which argument, counted from 0, it belongs to; negative for none.</param>
/// <param name="IsNamed">Whether it was named itself, and not an entry of a directory.</param>
internal readonly record struct WalkedFile(string Path, FileNode Node, int Argument, bool IsNamed)
{
    /// <summary>The bytes that a snapshot has of it; null for the whole file.</summary>
    internal IReadOnlyList<ByteRange>? Ranges { get; init; }

    /// <summary>The file as it was found in its directory; null where it was not, as for a named one.</summary>
    internal SystemFile? Found { get; init; }

    /// <summary>Opens the file. Whoever calls this owns it, and calls it once.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal SystemFile Open()
    {
        if (Found is null) return SystemFile.Open(Path);
        try
        {
            return Found.OpenFound();
        }
        catch
        {
            Found.Dispose();
            throw;
        }
    }
}
