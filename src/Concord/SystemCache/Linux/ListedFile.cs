using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// A file's key in the lists of mappings under <c>/proc</c>: device and inode as the kernel writes them.
/// </summary>
/// <remarks>
/// The key may differ from the file's status (overlay, btrfs). So this class maps the file once, takes the key from
/// this process's own list, and searches for it in all lists.
/// </remarks>
internal sealed class ListedFile
{
    private readonly byte[] _key;

    private ListedFile(byte[] key) => _key = key;

    /// <summary>The key of an open file; <see langword="null"/> if no process can map the file.</summary>
    /// <exception cref="IOException">This process's own list of mappings cannot be read.</exception>
    internal static ListedFile? Find(FileDescriptor file)
    {
        using FileMapping mapping = new(file, 0, PageRange.PageSize);
        if (!mapping.IsMapped) return null;
        byte[] contents = [];
        ReadOnlySpan<byte> list = ReadOwn(ref contents);
        foreach (Range line in list.Split((byte)'\n'))
        {
            if (MapLine.TryParse(list[line], out MapLine parsed) && parsed.Start == (ulong)mapping.Address)
            {
                return new ListedFile(parsed.File.ToArray());
            }
        }

        throw new IOException("cannot find this process's own mappings in /proc/self/maps");
    }

    /// <summary>This process's own list.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static ReadOnlySpan<byte> ReadOwn(ref byte[] contents)
    {
        int length = ProcessFile.ReadAll("/proc/self/maps", ref contents);
        return length > 0
            ? contents.AsSpan(0, length)
            : throw Libc.LastError("read this process's own mappings in /proc/self/maps");
    }

    /// <summary>The parts of a range that a process's list shows.</summary>
    /// <remarks>Few lines hold the key: searches for the key, and parses only those lines.</remarks>
    internal List<MappedPart> FindParts(ReadOnlySpan<byte> list, int process, ByteRange range)
    {
        List<MappedPart> parts = [];
        for (int at = list.IndexOf(_key); at >= 0;)
        {
            // Find the whole line around the key, and parse it.
            int start = list[..at].LastIndexOf((byte)'\n') + 1;
            int end = list[at..].IndexOf((byte)'\n');
            end = end < 0 ? list.Length : at + end;
            if (MapLine.TryParse(list[start..end], out MapLine line) && line.File.SequenceEqual(_key))
            {
                ByteRange shown = new(line.Offset, (long)(line.End - line.Start));
                ByteRange met = shown.Intersect(range);
                if (!met.IsEmpty)
                {
                    ulong address = line.Start + (ulong)(met.Offset - shown.Offset);
                    parts.Add(new(process, address, met, line.IsShared, line.IsExecutable));
                }
            }

            // Go on with the next line that has the key.
            int next = end < list.Length ? list[end..].IndexOf(_key) : -1;
            at = next < 0 ? -1 : end + next;
        }

        return parts;
    }
}
