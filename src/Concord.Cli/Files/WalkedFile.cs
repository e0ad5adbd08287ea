namespace Concord.Cli.Files;

/// <summary>A regular file that a walk came to.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Node">What the file system says of it.</param>
/// <param name="Argument">Which argument, counted from 0, it belongs to.</param>
/// <param name="IsNamed">Whether it is the argument itself, and was not met in a directory.</param>
internal readonly record struct WalkedFile(string Path, FileNode Node, int Argument, bool IsNamed);
