using System.Security.Cryptography;
using Concord;

namespace Cookbook;

/// <summary>
/// A disk image whose bytes are encrypted in another file of the same cache, in sectors of 4 KiB (AES-XTS). A sector
/// that was never written is zeros below, and reads as zeros.
/// </summary>
public sealed class EncryptedStore(CachedFile below, byte[] key, byte[] tweakKey, long bytes) : BackingStore
{
    private const int SectorBytes = 4096, BlockBytes = 16;

    private readonly Lock _gate = new();
    private readonly Aes _aes = With(key), _tweaks = With(tweakKey);

    public override long MaxLength => bytes;

    // The cache writes this file before the one below, and never waits for itself.
    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [below];

    public override long GetLength() => bytes;

    public override int Read(long offset, Memory<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int count = (int)Math.Clamp(bytes - offset, 0, destination.Length);
        lock (_gate) ForEachSector(offset, count, (sector, inside, done, part) =>
            sector.AsSpan(inside, part).CopyTo(destination.Span[done..]), changes: false);
        return count;
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (pieces.Sum(piece => (long)piece.Length) > bytes - offset) throw new IOException("the image ends before");
        lock (_gate)
        {
            foreach (var piece in pieces)
            {
                ForEachSector(offset, piece.Length, (sector, inside, done, part) =>
                    piece.Span.Slice(done, part).CopyTo(sector.AsSpan(inside)), changes: true);
                offset += piece.Length;
            }
        }
    }

    public override void Barrier() => below.Flush();

    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length != bytes) throw new IOException($"the image has {bytes} bytes, always");
    }

    protected override void Dispose(bool disposing)
    {
        _aes.Dispose();
        _tweaks.Dispose();
    }

    private static Aes With(byte[] key)
    {
        var aes = Aes.Create();
        aes.Key = key;
        return aes;
    }

    private void ForEachSector(long offset, int count, Action<byte[], int, int, int> work, bool changes)
    {
        byte[] sector = new byte[SectorBytes];
        for (int done = 0, part; done < count; done += part)
        {
            long number = (offset + done) / SectorBytes;
            int inside = (int)((offset + done) % SectorBytes);
            part = Math.Min(count - done, SectorBytes - inside);
            Array.Clear(sector);
            below.Read(number * SectorBytes, sector);
            if (sector.AsSpan().IndexOfAnyExcept((byte)0) >= 0) Transform(sector, number, encrypts: false);
            work(sector, inside, done, part);
            if (!changes) continue;
            Transform(sector, number, encrypts: true);
            below.Write(number * SectorBytes, sector);
        }
    }

    // IEEE 1619: each block is encrypted between two additions of its tweak, which is doubled from block to block.
    private void Transform(byte[] sector, long number, bool encrypts)
    {
        byte[] first = new byte[BlockBytes];
        BitConverter.TryWriteBytes(first, number);
        UInt128 tweak = BitConverter.ToUInt128(_tweaks.EncryptEcb(first, PaddingMode.None));
        byte[] mask = new byte[SectorBytes];
        for (int at = 0; at < SectorBytes; at += BlockBytes)
        {
            BitConverter.TryWriteBytes(mask.AsSpan(at), tweak);
            tweak = (tweak << 1) ^ (tweak >> 127 == 0 ? 0u : 0x87u);
        }

        AddMask();
        if (encrypts) _aes.EncryptEcb(sector.ToArray(), sector, PaddingMode.None);
        else _aes.DecryptEcb(sector.ToArray(), sector, PaddingMode.None);
        AddMask();

        void AddMask()
        {
            for (int i = 0; i < SectorBytes; i++) sector[i] ^= mask[i];
        }
    }
}
