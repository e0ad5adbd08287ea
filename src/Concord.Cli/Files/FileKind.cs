namespace Concord.Cli.Files;

/// <summary>What a path names.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,

    /// <summary>A socket, a pipe or a device: nothing the cache keeps pages of.</summary>
    Special,
}
