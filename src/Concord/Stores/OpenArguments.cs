namespace Concord.Stores;

/// <summary>
/// Checks the arguments of an opening as <see cref="File.OpenHandle"/> does.
/// </summary>
internal static class OpenArguments
{
    /// <summary>
    /// FILE_FLAG_NO_BUFFERING, which .NET accepts without a name for it. Ignored: the store decides on caching.
    /// </summary>
    private const FileOptions NoBuffering = (FileOptions)0x20000000;

    private const FileOptions Known = FileOptions.WriteThrough | FileOptions.Asynchronous | FileOptions.RandomAccess
        | FileOptions.SequentialScan | FileOptions.DeleteOnClose | FileOptions.Encrypted | NoBuffering;

    /// <summary>Checks the arguments in the order in which .NET does.</summary>
    /// <exception cref="ArgumentException">The path is empty, or mode and access do not go together.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An argument is unknown, or an option is not possible here.
    /// </exception>
    internal static void Check(string path, FileMode mode, FileAccess access, FileShare share, FileOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (mode is < FileMode.CreateNew or > FileMode.Append) throw Unknown(nameof(mode), mode);
        if (access is < FileAccess.Read or > FileAccess.ReadWrite) throw Unknown(nameof(access), access);
        Check(share);
        if ((options & ~Known) != 0) throw Unknown(nameof(options), options);
        if ((access & FileAccess.Write) == 0 && mode is not (FileMode.Open or FileMode.OpenOrCreate))
        {
            throw new ArgumentException($"FileMode.{mode} needs FileAccess.Write or ReadWrite", nameof(access));
        }

        if ((access & FileAccess.Read) != 0 && mode == FileMode.Append)
        {
            const string Message = "FileMode.Append needs FileAccess.Write: to read too, use FileMode.OpenOrCreate";
            throw new ArgumentException(Message, nameof(access));
        }

        Refuse(options, FileOptions.DeleteOnClose, "the cache may keep the file longer than its handles");
        Refuse(options, FileOptions.Encrypted, "what is encrypted is the file system's affair; encrypt the folder");
    }

    /// <exception cref="ArgumentOutOfRangeException">The sharing is not a defined value.</exception>
    internal static void Check(FileShare share)
    {
        const FileShare All = FileShare.ReadWrite | FileShare.Delete | FileShare.Inheritable;
        if ((share & ~All) != 0) throw Unknown(nameof(share), share);
    }

    /// <summary>Whether the mode cuts an existing file to nothing.</summary>
    internal static bool Cuts(FileMode mode) => mode is FileMode.Create or FileMode.Truncate;

    /// <summary>
    /// The same mode without a cut. Append becomes OpenOrCreate, as there are no positions.
    /// </summary>
    internal static FileMode WithoutCut(FileMode mode) => mode switch
    {
        FileMode.Create or FileMode.Append => FileMode.OpenOrCreate,
        FileMode.Truncate => FileMode.Open,
        _ => mode,
    };

    private static void Refuse(FileOptions options, FileOptions refused, string why)
    {
        if ((options & refused) == 0) return;
        string message = $"FileOptions.{refused} is not possible: {why}";
        throw new ArgumentOutOfRangeException(nameof(options), options, message);
    }

    private static ArgumentOutOfRangeException Unknown<T>(string name, T value)
        where T : struct, Enum => new(name, value, $"there is no such {typeof(T).Name}");
}
