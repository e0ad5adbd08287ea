using Concord.Cli.Interop;
using Concord.Interop.Linux;

namespace Concord.Cli.Files;

/// <summary>
/// Paths from a file, or from standard input: one a line, or each with a zero at its end; or what
/// <c>concord snapshot</c> wrote (<see cref="SnapshotForm"/>).
/// </summary>
internal sealed class FileList(string path, bool isNullSeparated)
{
    /// <summary>The paths, as they are read.</summary>
    /// <exception cref="IOException">The list cannot be read, or is not what it says it is.</exception>
    /// <exception cref="UnauthorizedAccessException">The list may not be read.</exception>
    internal IEnumerable<NamedPath> Read()
    {
        using Stream stream = InputBytes.Open(path, "open the list");
        var records = new RecordReader(stream, isNullSeparated ? (byte)0 : (byte)'\n');
        bool isFirst = true;
        while (records.TryNext(out ReadOnlyMemory<byte> record))
        {
            if (isFirst && SnapshotForm.IsHead(record.Span))
            {
                foreach (NamedPath name in ReadSnapshot(records)) yield return name;
                yield break;
            }

            if (isFirst) Check(record.Span);
            isFirst = false;
            if (record.Span.Contains((byte)0))
                throw new IOException(
                    "the list has zero bytes in it, as find -print0 writes them; give --null (-0) too");
            if (!record.IsEmpty) yield return new NamedPath(PathBytes.Decode(record.Span), NamedPath.NoArgument);
        }
    }

    /// <summary>Refuses a list that begins as one of another kind.</summary>
    private void Check(ReadOnlySpan<byte> first)
    {
        if (SnapshotForm.IsOther(first))
        {
            throw new IOException(isNullSeparated && first.Contains((byte)'\n')
                ? "it is a snapshot, in which no zero bytes divide the lines; leave --null out"
                : "it is a snapshot of another version of concord, of which this one reads "
                    + $"'{SnapshotForm.Head}'; take it again");
        }

        if (SnapshotForm.IsDocument(first))
            throw new IOException(
                "it is a JSON document; a list has a path on each line, or is a snapshot taken without --json");
    }

    private static IEnumerable<NamedPath> ReadSnapshot(RecordReader records)
    {
        string? file = null;
        List<ByteRange> ranges = [];
        long files = 0;
        while (records.TryNext(out ReadOnlyMemory<byte> record))
        {
            if (SnapshotForm.TryRange(record.Span, out ByteRange range))
            {
                ranges.Add(range);
                continue;
            }

            if (file is not null) yield return Named(file, ranges);
            if (SnapshotForm.TryEnd(record.Span, out long told))
            {
                if (told == files) yield break;
                throw new IOException($"the snapshot has {files} of {told} files; take it again");
            }

            file = SnapshotForm.ReadPath(record.Span);
            ranges = [];
            files++;
        }

        // The last file may have lost ranges, which is better than to leave it out.
        if (file is not null) yield return Named(file, ranges);
        throw new IOException("the snapshot was cut: its last line is missing; take it again");
    }

    private static NamedPath Named(string file, List<ByteRange> ranges) =>
        new(file, NamedPath.NoArgument) { Ranges = ranges };
}
