namespace Concord.Cli.Files;

/// <summary>What a path names.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,

    /// <summary>A disk, of which the cache keeps pages, as of the files on it.</summary>
    BlockDevice,

    /// <summary>A socket, a pipe or a character device: nothing the cache keeps pages of.</summary>
    Special,
}
