using System.Buffers.Binary;
using System.Text;
using static Concord.Stores.TierGeometry;

namespace Concord.Stores;

/// <summary>
/// What the index of a tier says of one block: whose bytes it has, which pages of it are there, and their checksums. A
/// record on disk is believed only in its own place and with its own checksum, and a page only with the record's.
/// Unchanging.
/// </summary>
/// <remarks>
/// On disk: the format (4 bytes), the checksum of the slot's number and all that follows (4), the key (16), the block
/// (8), the mask of pages (2), the length of the name (2), zeros (12), a checksum a page (64), the name in UTF-8 (144).
/// </remarks>
internal sealed class TierRecord
{
    internal const int Bytes = 256;

    private const uint Format = 0x31524354;
    private const int ChecksumAt = 4, KeyAt = 8, BlockAt = 24, PagesAt = 32, NameLengthAt = 34, ChecksumsAt = 48;
    private const int NameAt = ChecksumsAt + (PagesPerBlock * sizeof(uint)), NameBytesMax = Bytes - NameAt;

    private readonly uint[] _checksums;

    /// <summary>A block of which no page is there yet.</summary>
    internal TierRecord(TierKey key, long block, string name)
        : this(key, block, ShortNameOf(name), 0, new uint[PagesPerBlock])
    {
    }

    private TierRecord(TierKey key, long block, string name, int pages, uint[] checksums)
    {
        (Key, Block, Name, Pages) = (key, block, name, pages);
        _checksums = checksums;
    }

    internal TierKey Key { get; }

    /// <summary>The block's number in the file whose bytes it has.</summary>
    internal long Block { get; }

    /// <summary>The file's name in messages, for people who look; its end where it is long.</summary>
    internal string Name { get; }

    /// <summary>The mask of pages that are there.</summary>
    internal int Pages { get; }

    /// <summary>Whether these are the bytes of a page as they were written.</summary>
    internal bool Matches(int page, ReadOnlySpan<byte> bytes) => _checksums[page] == PageChecksum.Of(bytes);

    /// <summary>The record with further pages.</summary>
    internal TierRecord With(int firstPage, ReadOnlySpan<byte> bytes)
    {
        uint[] checksums = [.. _checksums];
        int pages = bytes.Length / PageBytes;
        for (int i = 0; i < pages; i++)
            checksums[firstPage + i] = PageChecksum.Of(bytes.Slice(i * PageBytes, PageBytes));
        return new TierRecord(Key, Block, Name, Pages | Mask(firstPage, pages), checksums);
    }

    /// <summary>The record without some of its pages.</summary>
    internal TierRecord Without(int pages) => new(Key, Block, Name, Pages & ~pages, _checksums);

    /// <summary>Writes the record as it stands on disk in a slot.</summary>
    internal void Write(int slot, Span<byte> bytes)
    {
        bytes[..Bytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Format);
        Key.Write(bytes[KeyAt..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[BlockAt..], Block);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[PagesAt..], (ushort)Pages);
        for (int page = 0; page < PagesPerBlock; page++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(ChecksumsAt + (page * sizeof(uint)))..], _checksums[page]);
        int length = Encoding.UTF8.GetBytes(Name, bytes[NameAt..Bytes]);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[NameLengthAt..], (ushort)length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], ChecksumOf(slot, bytes));
    }

    /// <summary>The record that stands in a slot; null for none that can be believed.</summary>
    internal static TierRecord? TryRead(int slot, ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Format) return null;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != ChecksumOf(slot, bytes)) return null;
        uint[] checksums = new uint[PagesPerBlock];
        for (int page = 0; page < PagesPerBlock; page++)
            checksums[page] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(ChecksumsAt + (page * sizeof(uint)))..]);
        int length = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(bytes[NameLengthAt..]), NameBytesMax);
        return new TierRecord(
            TierKey.Read(bytes[KeyAt..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[BlockAt..]),
            Encoding.UTF8.GetString(bytes.Slice(NameAt, length)),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[PagesAt..]), checksums);
    }

    private static uint ChecksumOf(int slot, ReadOnlySpan<byte> bytes)
    {
        Span<byte> summed = stackalloc byte[Bytes];
        bytes[KeyAt..Bytes].CopyTo(summed[KeyAt..]);
        BinaryPrimitives.WriteInt32LittleEndian(summed, slot);
        return PageChecksum.Of(summed);
    }

    /// <summary>The end of a name, as much as a record has room for.</summary>
    internal static string ShortNameOf(string name)
    {
        int start = 0;
        while (Encoding.UTF8.GetByteCount(name.AsSpan(start)) > NameBytesMax)
            start += char.IsHighSurrogate(name[start]) ? 2 : 1;
        return name[start..];
    }
}
