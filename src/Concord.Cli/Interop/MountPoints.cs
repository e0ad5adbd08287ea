using System.Runtime.InteropServices;
using System.Text;
using Concord.Interop.Linux;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>Where file systems, or parts of them, are mounted.</summary>
internal static unsafe class MountPoints
{
    private const string Table = "/proc/self/mountinfo";

    /// <summary>The field of a line that has the mount point.</summary>
    private const int PlaceField = 4;

    /// <summary>
    /// Whether a file system is mounted inside one of the directories: then several paths may lead to one file without
    /// having several names. True where the table cannot be read.
    /// </summary>
    internal static bool LieInside(IEnumerable<string> directories)
    {
        try
        {
            string[] roots = [.. directories.Select(Resolve).Select(static path => path.TrimEnd('/') + '/')];
            IEnumerable<string> places = File.ReadLines(Table, Encoding.Latin1).Select(Place);
            return places.Any(place => Array.Exists(roots, root => IsBelow(place, root)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool IsBelow(string place, string root) =>
        place.Length > root.Length && place.StartsWith(root, StringComparison.Ordinal);

    /// <summary>The real path, one character a byte, as the table is read.</summary>
    private static string Resolve(string path)
    {
        byte* resolved = stackalloc byte[Libc.PathBytesMax];
        fixed (byte* bytes = PathBytes.Encode(path))
        {
            if (Libc.RealPath(bytes, resolved) is null) throw Libc.LastError("find the directory's own path");
        }

        return Encoding.Latin1.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(resolved));
    }

    /// <summary>The table writes blanks and the like as a backslash and three digits to the base 8.</summary>
    private static string Place(string line)
    {
        string field = line.Split(' ', PlaceField + 2)[PlaceField];
        if (!field.Contains('\\')) return field;
        var place = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            bool isCode = field[i] == '\\' && i + 3 < field.Length;
            place.Append(isCode ? (char)Convert.ToInt32(field.Substring(i + 1, 3), 8) : field[i]);
            if (isCode) i += 3;
        }

        return place.ToString();
    }
}
