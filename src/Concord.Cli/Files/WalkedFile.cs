namespace Concord.Cli.Files;

/// <summary>A regular file that a walk has found.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Node">What the path names in the file system.</param>
/// <param name="Argument">Which argument, counted from 0, it belongs to.</param>
/// <param name="IsNamed">Whether it is the argument itself, and not an entry of a directory.</param>
internal readonly record struct WalkedFile(string Path, FileNode Node, int Argument, bool IsNamed);
