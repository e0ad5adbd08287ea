using Concord.Cli.Interop;
using Concord.Interop.Linux;

namespace Concord.Cli.Files;

/// <summary>
/// A pattern of names, as shells have them: <c>*.log</c>, <c>core.[0-9]*</c>. One with a slash matches a path, where
/// <c>*</c> matches slashes too: the whole of it, or what stands below the directory that was named. Any other matches
/// the name alone.
/// </summary>
internal sealed class NamePattern(string pattern)
{
    private readonly byte[] _pattern = PathBytes.Encode(pattern);
    private readonly bool _isOfPath = pattern.Contains('/');

    /// <param name="path">The path of a file or directory.</param>
    /// <param name="below">Where in it the part begins that is below what was named; 0 for no such part.</param>
    internal bool Matches(string path, int below = 0)
    {
        string whole = path.TrimEnd('/');
        if (!_isOfPath) return IsMatch(whole[(whole.LastIndexOf('/') + 1)..]);
        return IsMatch(whole) || (below > 0 && below < whole.Length && IsMatch(whole[below..]));
    }

    private bool IsMatch(string text) => NameMatch.Matches(_pattern, PathBytes.Encode(text));
}
