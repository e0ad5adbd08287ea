using System.Buffers.Binary;
using System.Text;

namespace RemoteDirectory;

/// <summary>
/// A zip archive of 10 GB whose entries are zeros that were never written: the file system keeps holes in their place,
/// so that it takes a few megabytes of disk. (APPNOTE.TXT 6.3: stored entries, with the 64-bit end of the directory.)
/// </summary>
internal static class HugeArchive
{
    internal const int Entries = 1_000, EntryBytes = 10_000_000;

    /// <summary>The CRC-32 of as many zeros.</summary>
    private const uint Checksum = 0x3e3ba5cbu;

    private const int LocalHeaderBytes = 30, DirectoryHeaderBytes = 46, Wide = 12, EndBytes = 56 + 20 + 22;

    internal static void Make(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew);
        var directory = new MemoryStream();
        for (int number = 0; number < Entries; number++)
        {
            byte[] name = Encoding.ASCII.GetBytes($"frame-{number:D4}.raw");
            long offset = file.Position;
            file.Write(LocalHeader(name));
            directory.Write(DirectoryHeader(name, offset));
            file.Position += EntryBytes;
        }

        long start = file.Position;
        file.Write(directory.ToArray());
        file.Write(End(start, directory.Length));
    }

    private static byte[] LocalHeader(byte[] name)
    {
        byte[] header = [.. new byte[LocalHeaderBytes], .. name];
        Put(header, 0, 0x04034b50u);
        Put(header, 4, (ushort)45);
        Put(header, 14, Checksum);
        Put(header, 18, (uint)EntryBytes);
        Put(header, 22, (uint)EntryBytes);
        Put(header, 26, (ushort)name.Length);
        return header;
    }

    private static byte[] DirectoryHeader(byte[] name, long offset)
    {
        byte[] header = [.. new byte[DirectoryHeaderBytes], .. name, .. new byte[Wide]];
        Put(header, 0, 0x02014b50u);
        Put(header, 4, (ushort)45);
        Put(header, 6, (ushort)45);
        Put(header, 16, Checksum);
        Put(header, 20, (uint)EntryBytes);
        Put(header, 24, (uint)EntryBytes);
        Put(header, 28, (ushort)name.Length);
        Put(header, 30, (ushort)Wide);
        Put(header, 42, uint.MaxValue);

        // The offset in 64 bits stands in a field of its own.
        int wide = DirectoryHeaderBytes + name.Length;
        Put(header, wide, (ushort)1);
        Put(header, wide + 2, (ushort)8);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(wide + 4), offset);
        return header;
    }

    private static byte[] End(long start, long length)
    {
        byte[] end = new byte[EndBytes];
        Put(end, 0, 0x06064b50u);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(4), 44);
        Put(end, 12, (ushort)45);
        Put(end, 14, (ushort)45);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(24), Entries);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(32), Entries);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(40), length);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(48), start);

        // Where that is, and the old end, which says that it is elsewhere.
        Put(end, 56, 0x07064b50u);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(64), start + length);
        Put(end, 72, 1u);
        Put(end, 76, 0x06054b50u);
        Put(end, 84, (ushort)Entries);
        Put(end, 86, (ushort)Entries);
        Put(end, 88, (uint)length);
        Put(end, 92, uint.MaxValue);
        return end;
    }

    private static void Put(byte[] bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    private static void Put(byte[] bytes, int at, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value);
}
