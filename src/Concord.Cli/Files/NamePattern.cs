using Concord.Cli.Interop;
using Concord.Interop.Linux;

namespace Concord.Cli.Files;

/// <summary>
/// A pattern of names, as shells have them: <c>*.log</c>, <c>core.[0-9]*</c>. One with a slash is held against the
/// whole path, where <c>*</c> matches slashes too; any other against the name alone.
/// </summary>
internal sealed class NamePattern(string pattern)
{
    private readonly byte[] _pattern = PathBytes.Encode(pattern);
    private readonly bool _isOfPath = pattern.Contains('/');

    internal bool Matches(string path)
    {
        string whole = path.TrimEnd('/');
        string held = _isOfPath ? whole : whole[(whole.LastIndexOf('/') + 1)..];
        return NameMatch.Matches(_pattern, PathBytes.Encode(held));
    }
}
