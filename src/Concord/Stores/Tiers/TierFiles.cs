using System.Buffers.Binary;
using Concord.Interop;
using static Concord.Stores.TierGeometry;

namespace Concord.Stores;

/// <summary>
/// The two files of a tier: an index of one record a slot behind a page that says what it is, and the blocks, which are
/// read and written past the system's cache where that is possible. One process has them at a time. Safe for use by
/// several threads.
/// </summary>
internal sealed class TierFiles : IDisposable
{
    private const int HeaderBytes = 4096, CapacityAt = 16, ChecksumAt = 24;
    private const int RecordsPerRead = 4096;

    private readonly LocalFileStore _index;
    private readonly LocalFileStore _blocks;

    private TierFiles(LocalFileStore index, LocalFileStore blocks) => (_index, _blocks) = (index, blocks);

    private static ReadOnlySpan<byte> Magic => "concord tier 1\n\0"u8;

    /// <summary>Opens the files for a number of slots, and makes them where there are none.</summary>
    /// <exception cref="IOException">Another process has them, or they cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    internal static TierFiles Open(string directory, int slots)
    {
        PrivateFiles.MakeDirectory(directory);
        PrivateFiles.MakeFile(IndexOf(directory));
        PrivateFiles.MakeFile(BlocksOf(directory));
        var index = OpenLocked(directory);
        try
        {
            var blocks = LocalFileStore.Open(
                BlocksOf(directory), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var files = new TierFiles(index, blocks);
            try
            {
                files.Fit(slots);
                return files;
            }
            catch
            {
                blocks.Dispose();
                throw;
            }
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>What the index of a directory has now, whoever uses it. Null where there is none of a tier.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    internal static (long Slots, int? Process, IReadOnlyList<TierRecord> Records)? Look(string directory)
    {
        if (!File.Exists(IndexOf(directory))) return null;
        using var index = LocalFileStore.Open(
            IndexOf(directory), share: FileShare.ReadWrite, caching: StoreCaching.Buffered);
        int? process = null;
        if (!index.SharingLocks.TryTake(writes: false, refusesWriters: true, out int? holder)) process = holder ?? 0;
        return SlotsOf(index) is { } slots
            ? (slots, process, [.. RecordsOf(index).Select(static found => found.Record)])
            : null;
    }

    /// <summary>Every record that can be believed, with its slot.</summary>
    /// <exception cref="IOException">The index cannot be read.</exception>
    internal IEnumerable<(int Slot, TierRecord Record)> Records() => RecordsOf(_index);

    /// <returns>How many bytes were read.</returns>
    /// <exception cref="IOException">They cannot be read.</exception>
    internal int Read(int slot, int page, Memory<byte> destination) =>
        _blocks.Read(OffsetOf(slot, page), destination);

    /// <exception cref="IOException">Any part of the bytes may be there.</exception>
    internal void Write(int slot, int page, ReadOnlyMemory<byte> bytes) => _blocks.Write(OffsetOf(slot, page), [bytes]);

    /// <exception cref="IOException">Nothing may be assumed durable that was not before.</exception>
    internal void FlushBlocks() => _blocks.Barrier();

    /// <exception cref="IOException">The old record may be there, the new one, or none.</exception>
    internal void WriteRecord(int slot, TierRecord? record)
    {
        byte[] bytes = new byte[TierRecord.Bytes];
        record?.Write(slot, bytes);
        _index.Write(RecordOf(slot), [bytes]);
    }

    /// <exception cref="IOException">Nothing may be assumed durable that was not before.</exception>
    internal void FlushIndex() => _index.Barrier();

    /// <summary>Cuts both files, the index first: a block without a record is nothing.</summary>
    /// <exception cref="IOException">Any part may be left, and is whole.</exception>
    internal void Clear()
    {
        _index.SetLength(HeaderBytes);
        _index.Barrier();
        _blocks.SetLength(0);
    }

    public void Dispose()
    {
        // A child that is being started has a copy of the descriptor for a moment, and the lock would stay with it.
        _index.SharingLocks.Release();
        _blocks.Dispose();
        _index.Dispose();
    }

    private static string IndexOf(string directory) => Path.Combine(directory, "concord-tier.index");

    private static string BlocksOf(string directory) => Path.Combine(directory, "concord-tier.blocks");

    private static LocalFileStore OpenLocked(string directory)
    {
        var index = Open(FileShare.Read);

        // Where locks do not belong to an opening, the system's own sharing keeps other processes out.
        if (index.SharingLocks.UnavailableReason is not null)
        {
            index.Dispose();
            return Open(FileShare.None);
        }

        if (index.SharingLocks.TryTake(writes: true, refusesWriters: true, out int? process)) return index;
        index.Dispose();
        string who = process switch
        {
            null => "another process",
            { } id when id == Environment.ProcessId => "this process",
            { } id => $"process {id}{SharingLock.NameOf(id)}",
        };
        throw new IOException(
            $"{ShownText.Of(directory)}: {who} uses this tier; one process does at a time, so take another directory, "
            + "or end that use first",
            FileSharingLocks.ErrorCode);

        LocalFileStore Open(FileShare share) => LocalFileStore.Open(
            IndexOf(directory), FileMode.Open, FileAccess.ReadWrite, share, StoreCaching.Buffered);
    }

    /// <summary>Makes the index one for so many slots; what is no index, or lies beyond them, is cut off.</summary>
    private void Fit(int slots)
    {
        long? before = SlotsOf(_index);
        if (before is null) _index.SetLength(0);
        if (_index.GetLength() > RecordOf(slots)) _index.SetLength(RecordOf(slots));
        if (_blocks.GetLength() > OffsetOf(slots, 0)) _blocks.SetLength(OffsetOf(slots, 0));
        if (before == slots) return;
        byte[] header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(CapacityAt), slots);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header.AsSpan(ChecksumAt), PageChecksum.Of(header.AsSpan(0, ChecksumAt)));
        _index.Write(0, [header]);
    }

    /// <summary>For how many slots an index is; null where it is none.</summary>
    private static long? SlotsOf(LocalFileStore index)
    {
        byte[] header = new byte[HeaderBytes];
        if (index.Read(0, header) < HeaderBytes || !header.AsSpan().StartsWith(Magic)) return null;
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(ChecksumAt));
        if (checksum != PageChecksum.Of(header.AsSpan(0, ChecksumAt))) return null;
        return BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(CapacityAt));
    }

    private static IEnumerable<(int Slot, TierRecord Record)> RecordsOf(LocalFileStore index)
    {
        byte[] bytes = new byte[RecordsPerRead * TierRecord.Bytes];
        for (int first = 0; ; first += RecordsPerRead)
        {
            int records = index.Read(RecordOf(first), bytes) / TierRecord.Bytes;
            for (int i = 0; i < records; i++)
            {
                int slot = first + i;
                if (TierRecord.TryRead(slot, bytes.AsSpan(i * TierRecord.Bytes, TierRecord.Bytes)) is { } record)
                    yield return (slot, record);
            }

            if (records < RecordsPerRead) yield break;
        }
    }

    private static long RecordOf(int slot) => HeaderBytes + ((long)slot * TierRecord.Bytes);

    private static long OffsetOf(int slot, int page) => ((long)slot * BlockBytes) + ((long)page * PageBytes);
}
