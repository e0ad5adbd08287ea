namespace Concord.Cli.Files;

/// <summary>The kind of file that a path names.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,

    /// <summary>A disk; the cache keeps pages of it, as of the files on it.</summary>
    BlockDevice,

    /// <summary>A socket, a pipe or a character device: the cache keeps no pages of it.</summary>
    Special,
}
