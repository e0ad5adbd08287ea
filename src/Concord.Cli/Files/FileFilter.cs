namespace Concord.Cli.Files;

/// <summary>What is left out by name and size.</summary>
/// <param name="include">Only files that match one of these are treated; all when there is none.</param>
/// <param name="exclude">Files that match one of these are left out, and directories with all that is in them.</param>
/// <param name="bytesMax">Longer files are left out; null for no limit.</param>
internal sealed class FileFilter(
    IReadOnlyList<NamePattern> include, IReadOnlyList<NamePattern> exclude, long? bytesMax)
{
    /// <summary>The options that leave something out, for messages.</summary>
    internal const string Options = "--include, --exclude or --max-file-size";

    internal static FileFilter None { get; } = new([], [], bytesMax: null);

    /// <summary>Whether a file of this path and length is treated.</summary>
    internal bool TakesFile(string path, long length)
    {
        if (length > bytesMax || Matches(exclude, path)) return false;
        return include.Count == 0 || Matches(include, path);
    }

    /// <summary>Whether a directory is entered.</summary>
    internal bool TakesDirectory(string path) => !Matches(exclude, path);

    private static bool Matches(IReadOnlyList<NamePattern> patterns, string path)
    {
        for (int i = 0; i < patterns.Count; i++)
        {
            if (patterns[i].Matches(path)) return true;
        }

        return false;
    }
}
