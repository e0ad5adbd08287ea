using System.Text;

namespace Concord.Cli.Text;

/// <summary>Paths as they are shown.</summary>
internal static class PathText
{
    private const string Cut = "...";

    /// <summary>
    /// The path with its control characters written out: a file's name must not break a line or speak to the
    /// terminal.
    /// </summary>
    internal static string Show(string path)
    {
        foreach (char c in path)
        {
            if (char.IsControl(c)) return Escape(path);
        }

        return path;
    }

    /// <summary>The path in at most so many columns: its end, which tells files apart, is kept.</summary>
    internal static string Shorten(string shown, int columns) =>
        shown.Length <= columns ? shown : string.Concat(Cut, shown.AsSpan(shown.Length - (columns - Cut.Length)));

    private static string Escape(string path)
    {
        var shown = new StringBuilder(path.Length + 8);
        foreach (char c in path)
        {
            if (char.IsControl(c)) shown.Append("\\x").Append(((int)c).ToString("x2", null));
            else shown.Append(c);
        }

        return shown.ToString();
    }
}
