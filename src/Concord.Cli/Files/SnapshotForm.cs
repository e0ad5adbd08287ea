using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Concord.Cli.Text;
using Concord.Interop.Linux;

namespace Concord.Cli.Files;

/// <summary>
/// How a snapshot is written: a head, then each file's path on a line, with the ranges of its resident bytes on the
/// lines below, each behind a blank; and an end, so that a list that was cut is known as one.
/// </summary>
/// <remarks>
/// Paths are absolute, so none begins as another line does. A backslash, and every byte that a terminal could obey or
/// that is not UTF-8, is written as <c>\x</c> and two digits to the base 16.
/// </remarks>
internal static class SnapshotForm
{
    internal const string Head = "# concord snapshot 1";
    private const string EndStart = "# end, ";

    internal static string Range(ByteRange range) => string.Create(
        CultureInfo.InvariantCulture, $" {range.Offset}:{range.Length}");

    internal static string End(long files) => string.Create(CultureInfo.InvariantCulture, $"{EndStart}{files} files");

    /// <summary>A path as it is written.</summary>
    internal static string Path(string path)
    {
        if (!path.Contains('\\') && ReferenceEquals(PathText.Show(path), path)) return path;
        ReadOnlySpan<byte> bytes = PathBytes.Encode(path);
        var text = new StringBuilder(bytes.Length);
        foreach (byte value in bytes[..bytes.IndexOf((byte)0)])
        {
            bool isPlain = value is >= (byte)' ' and < 0x7f and not (byte)'\\';
            if (isPlain) text.Append((char)value);
            else text.Append("\\x").Append(value.ToString("x2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    internal static bool IsHead(ReadOnlySpan<byte> line) => line.SequenceEqual("# concord snapshot 1"u8);

    /// <summary>Whether a list begins as a snapshot whose head is not ours.</summary>
    internal static bool IsOther(ReadOnlySpan<byte> line) => line.StartsWith("# concord snapshot "u8) && !IsHead(line);

    /// <summary>Whether a list begins as a document of JSON does.</summary>
    internal static bool IsDocument(ReadOnlySpan<byte> line) =>
        line.TrimEnd((byte)'\r').SequenceEqual("{"u8) || line.StartsWith("{\""u8) || line.StartsWith("{\n"u8);

    internal static bool TryRange(ReadOnlySpan<byte> line, out ByteRange range)
    {
        range = default;
        if (line is not [(byte)' ', .. var rest]) return false;
        if (!Utf8Parser.TryParse(rest, out long offset, out int used) || offset < 0
            || used == rest.Length || rest[used] != ':'
            || !Utf8Parser.TryParse(rest[(used + 1)..], out long length, out int more)
            || length < 0 || length > long.MaxValue - offset || used + 1 + more != rest.Length)
        {
            throw new IOException(
                $"the snapshot has a line that is no range: '{PathText.Show(PathBytes.Decode(line))}'; take it again");
        }

        range = new ByteRange(offset, length);
        return true;
    }

    /// <summary>Reads the last line, which tells how many files there are.</summary>
    internal static bool TryEnd(ReadOnlySpan<byte> line, out long files)
    {
        files = 0;
        return line.StartsWith("# end, "u8) && Utf8Parser.TryParse(line["# end, "u8.Length..], out files, out _);
    }

    internal static string ReadPath(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("/"u8)) throw NoPath(line);
        if (line.IndexOf((byte)'\\') < 0) return PathBytes.Decode(line);
        byte[] path = new byte[line.Length];
        int count = 0;
        for (ReadOnlySpan<byte> rest = line; !rest.IsEmpty; count++)
        {
            if (rest[0] != '\\')
            {
                path[count] = rest[0];
                rest = rest[1..];
                continue;
            }

            if (rest.Length < 4 || rest[1] != 'x' || !Utf8Parser.TryParse(rest[2..4], out byte value, out int used, 'x')
                || used != 2 || value == 0)
                throw NoPath(line);
            path[count] = value;
            rest = rest[4..];
        }

        return PathBytes.Decode(path.AsSpan(0, count));
    }

    private static IOException NoPath(ReadOnlySpan<byte> line) => new(
        $"the snapshot has a line that is no path: '{PathText.Show(PathBytes.Decode(line))}'; take it again");
}
