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

    /// <summary>
    /// Whether a file of this path and length is treated; <paramref name="below"/> is where in the path the part begins
    /// that is below what was named.
    /// </summary>
    internal bool TakesFile(string path, int below, long length)
    {
        if (length > bytesMax || Matches(exclude, path, below)) return false;
        return include.Count == 0 || Matches(include, path, below);
    }

    /// <summary>Whether a directory is entered.</summary>
    internal bool TakesDirectory(string path, int below) => !Matches(exclude, path, below);

    private static bool Matches(IReadOnlyList<NamePattern> patterns, string path, int below)
    {
        for (int i = 0; i < patterns.Count; i++)
        {
            if (patterns[i].Matches(path, below)) return true;
        }

        return false;
    }
}
