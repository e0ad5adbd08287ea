namespace Concord.Cli.Files;

/// <summary>A regular file that a walk came to.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Node">What the file system says of it.</param>
/// <param name="Argument">Which argument, counted from 0, it belongs to.</param>
internal readonly record struct WalkedFile(string Path, FileNode Node, int Argument);
