using System.Buffers;
using System.Runtime.InteropServices;
using Concord.Interop;
using Microsoft.Win32.SafeHandles;

namespace Concord.Stores;

/// <summary>
/// Reads and writes a file past the system's cache, at any offset and length and from any memory.
/// </summary>
/// <remarks>
/// <para>
/// Whole grains (blocks as long as a page of the system's cache, or longer where the device requires it) use the direct
/// descriptor. The ragged ends of a write use the buffered one: a direct write of whole blocks there would make the
/// file too long, or overwrite what other programs wrote beside them. The ragged ends of a read are copied from whole
/// grains in a temporary buffer, which changes nothing.
/// </para>
/// <para>
/// Within one write no grain is written both ways, so the order of the two does not matter; between calls the kernel
/// keeps the two ways coherent: it writes a dirty cached page back before a direct read or write of it, and drops it
/// with the write. Pages that ragged ends left in the system's cache are dropped after the next barrier, which has
/// made them clean.
/// </para>
/// </remarks>
internal sealed unsafe class DirectAccess(DirectFile direct, SafeFileHandle buffered, string path) : IDisposable
{
    private readonly int _grain = Math.Max(direct.OffsetAlignment, Environment.SystemPageSize);

    // _gate owns _ragged: the ranges written through the system's cache since the last barrier.
    private readonly Lock _gate = new();
    private readonly RangeList _ragged = new();

    // A length that the file was seen to have: reads before it do not ask again.
    private long _reach;

    /// <summary>Reads as <see cref="BackingStore.Read"/> does.</summary>
    /// <returns>How many bytes were read; null where the file system refuses its own alignment.</returns>
    internal int? Read(long offset, Memory<byte> destination)
    {
        int wanted = Reaching(offset, destination.Length);
        using var pinned = destination.Pin();
        for (int done = 0; done < wanted;)
        {
            int? count = ReadPart((byte*)pinned.Pointer + done, wanted - done, offset + done);
            if (count is null) return null;
            if (count == 0)
            {
                ForgetLength();
                return done;
            }

            done += count.Value;
        }

        return wanted;
    }

    /// <summary>Forgets the known length: the file may have been cut.</summary>
    internal void ForgetLength() => Volatile.Write(ref _reach, 0);

    /// <summary>
    /// How many bytes of a range the file has. Asked before the read, since a direct read would change the caller's
    /// memory behind the end of the file.
    /// </summary>
    private int Reaching(long offset, int length)
    {
        if (length <= Volatile.Read(ref _reach) - offset) return length;
        long reach = FileBytes.GetLength(buffered, path);
        Volatile.Write(ref _reach, reach);
        return (int)Math.Clamp(reach - offset, 0, length);
    }

    /// <summary>Writes as <see cref="BackingStore.Write"/> does.</summary>
    /// <returns>
    /// False where the file system refuses its own alignment; any part of the bytes may be in the file.
    /// </returns>
    internal bool Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        long end = offset;
        foreach (var piece in pieces) end += piece.Length;
        var body = WholeGrains(ByteRange.FromBounds(offset, end));
        if (body.IsEmpty)
        {
            WriteBuffered(offset, ByteRange.FromBounds(offset, end), pieces);
            return true;
        }

        // The ragged start, the whole grains, the ragged end.
        WriteBuffered(offset, ByteRange.FromBounds(offset, body.Offset), pieces);
        if (!WriteDirect(offset, body, pieces)) return false;
        WriteBuffered(offset, ByteRange.FromBounds(body.End, end), pieces);
        return true;
    }

    /// <summary>The part of a range that is written directly.</summary>
    internal ByteRange WholeGrains(ByteRange range)
    {
        // A range shorter than a grain has no whole one, and rounding up could lead beyond the last offset.
        long start = range.Length < _grain ? range.End : RoundUp(range.Offset);
        return ByteRange.FromBounds(start, Math.Max(start, range.End & -(long)_grain));
    }

    /// <summary>
    /// Notes that the system changed a page in its cache: the last one of a file that was cut or made longer.
    /// </summary>
    internal void NoteRagged(ByteRange range)
    {
        lock (_gate) _ragged.Add(range.RoundOut(_grain));
    }

    /// <summary>Takes the ranges that a barrier that begins now will make clean.</summary>
    internal IReadOnlyList<ByteRange> TakeRagged()
    {
        lock (_gate) return _ragged.Take();
    }

    /// <summary>Drops ranges that a good barrier has covered from the system's cache.</summary>
    internal void Drop(IReadOnlyList<ByteRange> ragged)
    {
        foreach (var range in ragged) direct.DropCached(range.Offset, range.Length);
    }

    public void Dispose() => direct.Dispose();

    /// <summary>
    /// Reads as much as one call can: whole grains in place, or through a temporary buffer. A file system may return
    /// fewer bytes than the file has, down to none of those that were wanted: then reads through the buffered
    /// descriptor, which takes any offset. 0 means the end.
    /// </summary>
    private int? ReadPart(byte* destination, int wanted, long offset)
    {
        int whole = wanted & -_grain;
        if (IsAligned(offset, _grain) && whole > 0 && IsAligned((nint)destination, direct.MemoryAlignment))
        {
            return direct.Read(destination, whole, offset);
        }

        using var bounce = AlignedMemory.Rent();
        long start = offset & -(long)_grain;
        int length = (int)Math.Min(AlignedMemory.Bytes, RoundUp(offset + wanted) - start);
        int? got = direct.Read(bounce.Address, length, start);
        if (got is null) return null;
        int skipped = (int)(offset - start);
        int count = Math.Clamp(got.Value - skipped, 0, wanted);
        if (count == 0) return FileBytes.Read(buffered, new Span<byte>(destination, wanted), offset, path);
        bounce.Span.Slice(skipped, count).CopyTo(new Span<byte>(destination, count));
        return count;
    }

    /// <summary>Writes a part of the pieces through the system's cache.</summary>
    private void WriteBuffered(long offset, ByteRange part, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (part.IsEmpty) return;
        NoteRagged(part);
        foreach (var (at, bytes) in Cut(offset, part, pieces)) FileBytes.Write(buffered, bytes.Span, at, path);
    }

    private bool WriteDirect(long offset, ByteRange body, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var pins = new List<MemoryHandle>(pieces.Count);
        try
        {
            // Pin the pieces; write them in place if all are aligned, otherwise through an aligned buffer.
            var vectors = new List<IoVector>(pieces.Count);
            bool isAligned = true;
            foreach (var (_, bytes) in Cut(offset, body, pieces))
            {
                var pin = bytes.Pin();
                pins.Add(pin);
                var vector = new IoVector((nint)pin.Pointer, bytes.Length);
                isAligned &= IsAligned(vector.Address, direct.MemoryAlignment)
                    && IsAligned(vector.Length, direct.OffsetAlignment);
                vectors.Add(vector);
            }

            return isAligned ? WriteInPlace(body.Offset, vectors) : WriteByCopies(body.Offset, vectors);
        }
        finally
        {
            pins.ForEach(static pin => pin.Dispose());
        }
    }

    private bool WriteInPlace(long offset, List<IoVector> vectors)
    {
        var rest = CollectionsMarshal.AsSpan(vectors);
        while (!rest.IsEmpty)
        {
            if (direct.Write(rest, offset) is not { } count) return false;
            offset += count;
            rest = Advance(rest, count);

            // A disk that is nearly full can take a part that is no whole block; the
            // caller's buffered write gets the error.
            if (!rest.IsEmpty && !IsAligned(offset, direct.OffsetAlignment)) return false;
        }

        return true;
    }

    private bool WriteByCopies(long offset, List<IoVector> vectors)
    {
        using var bounce = AlignedMemory.Rent();
        int filled = 0;

        // Fill the buffer from the pieces, and write it whenever it is full.
        foreach (var vector in vectors)
        {
            var bytes = new ReadOnlySpan<byte>((void*)vector.Address, (int)vector.Length);
            while (!bytes.IsEmpty)
            {
                int take = Math.Min(bytes.Length, AlignedMemory.Bytes - filled);
                bytes[..take].CopyTo(bounce.Span[filled..]);
                bytes = bytes[take..];
                filled += take;
                if (filled < AlignedMemory.Bytes) continue;
                if (!WriteInPlace(offset, [new IoVector((nint)bounce.Address, filled)])) return false;
                offset += filled;
                filled = 0;
            }
        }

        return filled == 0 || WriteInPlace(offset, [new IoVector((nint)bounce.Address, filled)]);
    }

    /// <summary>The rest of the pieces after a number of bytes.</summary>
    private static Span<IoVector> Advance(Span<IoVector> vectors, long count)
    {
        while (!vectors.IsEmpty && count >= vectors[0].Length)
        {
            count -= vectors[0].Length;
            vectors = vectors[1..];
        }

        if (count > 0) vectors[0] = new IoVector(vectors[0].Address + (nint)count, vectors[0].Length - (nint)count);
        return vectors;
    }

    /// <summary>The parts of the pieces that lie in a range of the file, none of them empty.</summary>
    private static IEnumerable<(long At, ReadOnlyMemory<byte> Bytes)> Cut(
        long offset, ByteRange part, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        long at = offset;
        foreach (var piece in pieces)
        {
            var inside = new ByteRange(at, piece.Length).Intersect(part);
            if (!inside.IsEmpty)
                yield return (inside.Offset, piece.Slice((int)(inside.Offset - at), (int)inside.Length));
            at += piece.Length;
        }
    }

    private long RoundUp(long offset) => (offset + _grain - 1) & -(long)_grain;

    private static bool IsAligned(long value, int alignment) => (value & (alignment - 1)) == 0;
}
