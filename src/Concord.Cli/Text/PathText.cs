using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.Cli.Text;

/// <summary>Paths, and other text from outside, as they are shown.</summary>
internal static class PathText
{
    private const string Cut = "...";

    /// <summary>
    /// The text with control characters, bytes that are not UTF-8 and other hidden characters written out: a file's
    /// name must not break a line, control the terminal, or look like another one.
    /// </summary>
    internal static string Show(string path) => ShownText.Of(path);

    /// <summary>
    /// The name of a file, as <see cref="Show"/> has it, and with each backslash written out that could begin such a
    /// form: two different names never look the same.
    /// </summary>
    internal static string Name(string path) => OperatingSystem.IsLinux()
        ? Show(path.Replace(@"\x", @"\x5cx", StringComparison.Ordinal)
            .Replace(@"\u", @"\x5cu", StringComparison.Ordinal))
        : Show(path);

    /// <summary>The path in at most this many columns: keeps its end, which distinguishes files.</summary>
    internal static string Shorten(string shown, int columns) =>
        shown.Length <= columns ? shown : string.Concat(Cut, shown.AsSpan(shown.Length - (columns - Cut.Length)));

    /// <summary>
    /// The path for a document: as it is where it is UTF-8, and otherwise as it is shown, since JSON has no bytes.
    /// </summary>
    internal static string InDocument(string path) => PathBytes.HasOthers(path) ? Name(path) : path;

    /// <summary>The bytes of a path that is not UTF-8, to the base 64; null for any other.</summary>
    internal static string? BytesInDocument(string path)
    {
        if (!PathBytes.HasOthers(path)) return null;
        ReadOnlySpan<byte> bytes = PathBytes.Encode(path);
        return Convert.ToBase64String(bytes[..bytes.IndexOf((byte)0)]);
    }
}
