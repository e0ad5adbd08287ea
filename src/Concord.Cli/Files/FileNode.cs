namespace Concord.Cli.Files;

/// <summary>What the file system says of a path.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Device">The file system it lies on; with <paramref name="Inode"/> the identity of the file.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Links">How many names the file has.</param>
/// <param name="Length">Bytes, for a regular file.</param>
internal readonly record struct FileNode(FileKind Kind, ulong Device, ulong Inode, uint Links, long Length)
{
    /// <summary>The same for every name of one file.</summary>
    internal FileIdentity Identity => new(Device, Inode);
}

/// <summary>A file, whatever it is called.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode);
