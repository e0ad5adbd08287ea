using System.Globalization;

namespace Concord.Interop.Linux;

/// <summary>One line of <c>/proc/self/maps</c>.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="End">One byte past the last.</param>
/// <param name="Permissions">Four letters: read, write, execute or a dash, then private or shared.</param>
/// <param name="Device">The device of the file, as the kernel writes it: <c>00:01</c>.</param>
/// <param name="Inode">The file's inode; zero for memory without a file.</param>
/// <param name="Path">The file's path or the kernel's name for the memory; may be empty.</param>
internal readonly record struct MapEntry(
    nuint Start, nuint End, string Permissions, string Device, ulong Inode, string Path)
{
    internal bool IsReadable => Permissions[0] == 'r';

    internal bool IsShared => Permissions[3] == 's';

    /// <summary>
    /// The mappings that meet a range, in order. Reads the list only up to the range's end.
    /// </summary>
    internal static IEnumerable<MapEntry> Meeting(nuint start, nuint end)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            var entry = Parse(line);
            if (entry.Start >= end) yield break;
            if (entry.End > start) yield return entry;
        }
    }

    /// <summary>Reads one line: <c>start-end permissions offset device inode  path</c>.</summary>
    internal static MapEntry Parse(string line)
    {
        const int Fields = 6;
        string[] fields = line.Split(' ', Fields, StringSplitOptions.RemoveEmptyEntries);
        int dash = fields[0].IndexOf('-', StringComparison.Ordinal);
        return new MapEntry(
            nuint.Parse(fields[0].AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            nuint.Parse(fields[0].AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            fields[1],
            fields[3],
            ulong.Parse(fields[4], CultureInfo.InvariantCulture),
            fields.Length == Fields ? fields[5].Trim() : "");
    }
}
