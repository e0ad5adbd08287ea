using Concord.Cli.Interop;

namespace Concord.Cli.Text;

/// <summary>Paths that mean the same in every directory.</summary>
internal static class AbsolutePath
{
    private const string Here = "./";

    private static readonly Lazy<string> Current = new(static () =>
        ProcessLinks.Target("/proc/self/cwd") ?? throw new IOException(
            "the current directory cannot be found; give absolute paths"));

    /// <summary>The path, behind the current directory where it begins there. Links stay in it.</summary>
    /// <exception cref="IOException">The current directory cannot be found.</exception>
    internal static string Of(string path)
    {
        if (path.StartsWith('/')) return path;
        while (path.StartsWith(Here, StringComparison.Ordinal)) path = path[Here.Length..].TrimStart('/');
        return $"{Current.Value.TrimEnd('/')}/{path}";
    }
}
