using System.Globalization;
using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Finds the processes that map a range of a file, in their lists of mappings under <c>/proc</c>.</summary>
/// <remarks>
/// Device and inode in those lists are not always what the file's status says (overlay, btrfs). So the file is mapped
/// here first, and what this process's own list says of that mapping is what is looked for in all.
/// </remarks>
internal static class MappingProcesses
{
    /// <exception cref="IOException">This process's own list of mappings cannot be read.</exception>
    internal static Mappings Find(FileDescriptor file, ByteRange range)
    {
        byte[] text = [];
        List<MappedPart> parts = [];
        byte[] key = CollectOwn(file, range, parts, ref text);
        int notReadable = 0;
        foreach (string directory in key.Length == 0 ? [] : Directory.EnumerateDirectories("/proc"))
        {
            ReadOnlySpan<char> name = Path.GetFileName(directory.AsSpan());
            if (!int.TryParse(name, NumberStyles.None, null, out int process) || process == Environment.ProcessId) continue;
            int length = ProcessFile.ReadAll($"{directory}/maps", ref text);
            if (length >= 0) Collect(text.AsSpan(0, length), key, process, range, parts);
            else if (Marshal.GetLastPInvokeError() is ErrorNumber.AccessDenied or ErrorNumber.NotPermitted) notReadable++;
        }

        return new(range, parts, notReadable);
    }

    /// <summary>The parts that this process maps now.</summary>
    /// <exception cref="IOException">This process's own list of mappings cannot be read.</exception>
    internal static IReadOnlyList<MappedPart> FindOwn(FileDescriptor file, ByteRange range)
    {
        byte[] text = [];
        List<MappedPart> parts = [];
        _ = CollectOwn(file, range, parts, ref text);
        return parts;
    }

    /// <summary>
    /// Collects this process's parts; returns what stands for the file in the lists, or nothing when it cannot be mapped.
    /// </summary>
    private static byte[] CollectOwn(FileDescriptor file, ByteRange range, List<MappedPart> parts, ref byte[] text)
    {
        using FileMapping mapping = new(file, 0, PageRange.PageSize);
        if (!mapping.IsMapped) return [];
        ulong probe = (ulong)mapping.Address;
        int length = ProcessFile.ReadAll("/proc/self/maps", ref text);
        byte[] key = length >= 0 ? FindKey(text.AsSpan(0, length), probe) : [];
        if (key.Length == 0) throw new IOException("cannot find this process's own mappings in /proc/self/maps");
        Collect(text.AsSpan(0, length), key, Environment.ProcessId, range, parts);
        parts.RemoveAll(part => part.Address == probe);
        return key;
    }

    private static byte[] FindKey(ReadOnlySpan<byte> text, ulong address)
    {
        foreach (Range line in text.Split((byte)'\n'))
        {
            if (MapLine.TryParse(text[line], out MapLine mapping) && mapping.Start == address) return mapping.File.ToArray();
        }

        return [];
    }

    /// <summary>The lines that hold the key are few: they are searched for, and only those are parsed.</summary>
    private static void Collect(
        ReadOnlySpan<byte> text, ReadOnlySpan<byte> key, int process, ByteRange range, List<MappedPart> parts)
    {
        for (int at = text.IndexOf(key); at >= 0;)
        {
            int start = text[..at].LastIndexOf((byte)'\n') + 1;
            int end = text[at..].IndexOf((byte)'\n');
            end = end < 0 ? text.Length : at + end;
            if (MapLine.TryParse(text[start..end], out MapLine line) && line.File.SequenceEqual(key))
            {
                ByteRange shown = new(line.Offset, (long)(line.End - line.Start));
                ByteRange met = shown.Intersect(range);
                if (!met.IsEmpty) parts.Add(new(process, line.Start + (ulong)(met.Offset - shown.Offset), met, line.IsShared, line.IsExecutable));
            }

            int next = end < text.Length ? text[end..].IndexOf(key) : -1;
            at = next < 0 ? -1 : end + next;
        }
    }
}
