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
}
