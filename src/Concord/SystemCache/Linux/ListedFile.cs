using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// What stands for a file in the lists of mappings under <c>/proc</c>: device and inode as the kernel writes them.
/// </summary>
/// <remarks>
/// They are not always what the file's status says (overlay, btrfs). So the file is mapped here once, and what this
/// process's own list says of that mapping is what is looked for in all.
/// </remarks>
internal sealed class ListedFile
{
    private readonly byte[] _key;

    private ListedFile(byte[] key) => _key = key;

    /// <summary>What stands for an open file; <see langword="null"/> when it cannot be mapped, by anybody.</summary>
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
    /// <remarks>The lines that hold the key are few: they are searched for, and only those are parsed.</remarks>
    internal List<MappedPart> FindParts(ReadOnlySpan<byte> list, int process, ByteRange range)
    {
        List<MappedPart> parts = [];
        for (int at = list.IndexOf(_key); at >= 0;)
        {
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

            int next = end < list.Length ? list[end..].IndexOf(_key) : -1;
            at = next < 0 ? -1 : end + next;
        }

        return parts;
    }
}
