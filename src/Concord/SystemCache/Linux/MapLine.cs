using System.Buffers.Text;

namespace Concord.SystemCache.Linux;

/// <summary>
/// A line of <c>/proc/PID/maps</c>: <c>start-end rwxp offset major:minor inode path</c>, all but the inode in base 16.
/// </summary>
internal readonly ref struct MapLine
{
    private MapLine(ulong start, ulong end, long offset, bool isExecutable, bool isShared, ReadOnlySpan<byte> file)
    {
        Start = start;
        End = end;
        Offset = offset;
        IsExecutable = isExecutable;
        IsShared = isShared;
        File = file;
    }

    internal ulong Start { get; }

    internal ulong End { get; }

    /// <summary>Where in the file the mapping begins.</summary>
    internal long Offset { get; }

    /// <summary>Whether the bytes may run.</summary>
    internal bool IsExecutable { get; }

    internal bool IsShared { get; }

    /// <summary>Device and inode as written in the line, <c>fe:00 876551</c>: the key of the file.</summary>
    internal ReadOnlySpan<byte> File { get; }

    internal static bool TryParse(ReadOnlySpan<byte> line, out MapLine parsed)
    {
        parsed = default;
        ReadOnlySpan<byte> rest = line;
        if (!TryHex(ref rest, (byte)'-', out ulong start) || !TryHex(ref rest, (byte)' ', out ulong end)) return false;
        if (rest.Length < 5 || rest[4] != ' ') return false;
        bool isExecutable = rest[2] == 'x', isShared = rest[3] == 's';
        rest = rest[5..];
        if (!TryHex(ref rest, (byte)' ', out ulong offset)) return false;
        int device = rest.IndexOf((byte)' ');
        if (device < 0) return false;
        int inode = rest[(device + 1)..].IndexOf((byte)' ');
        int length = inode < 0 ? rest.Length : device + 1 + inode;
        parsed = new(start, end, (long)offset, isExecutable, isShared, rest[..length]);
        return true;
    }

    private static bool TryHex(ref ReadOnlySpan<byte> rest, byte terminator, out ulong number)
    {
        bool parsed = Utf8Parser.TryParse(rest, out number, out int used, 'x')
            && used < rest.Length && rest[used] == terminator;
        if (parsed) rest = rest[(used + 1)..];
        return parsed;
    }
}
