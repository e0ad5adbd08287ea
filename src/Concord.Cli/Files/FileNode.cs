namespace Concord.Cli.Files;

/// <summary>What a path names in the file system.</summary>
/// <param name="Kind">The kind of file.</param>
/// <param name="Device">The file system it lies on; with <paramref name="Inode"/> the identity of the file.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Links">How many names the file has.</param>
/// <param name="Length">Bytes, for a regular file.</param>
internal readonly record struct FileNode(FileKind Kind, ulong Device, ulong Inode, uint Links, long Length)
{
    /// <summary>The file's identity, equal for all its names.</summary>
    internal FileIdentity Identity => new(Device, Inode);
}

/// <summary>The identity of a file, independent of its names.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);
