using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Bytes of one cache view held in memory: those of the file by a lease, and behind its end pages of zeros. Both parts
/// lie in one piece of memory.
/// </summary>
/// <param name="range">The bytes that were asked for.</param>
/// <param name="lease">What holds the file's pages among them; null if there are none.</param>
/// <param name="zeros">Where the pages behind the end are held.</param>
/// <param name="behind">The pages behind the end, whole ones; empty if there are none.</param>
internal sealed unsafe class HeldBytes(ByteRange range, PageLease? lease, ZeroPages zeros, ByteRange behind)
    : IDisposable
{
    internal ByteRange Range => range;

    /// <summary>Where a byte of the range is, or of a page of it.</summary>
    internal byte* AddressOf(long offset) => lease is { } held && (behind.IsEmpty || offset < behind.Offset)
        ? (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(held.Bytes)) + (offset - held.Range.Offset)
        : zeros.AddressOf(offset);

    /// <summary>The holder changes the bytes: those of the file are dirty from now on.</summary>
    internal void BeginWriting(long? sequence)
    {
        lease?.BeginWriting(sequence);
        if (!behind.IsEmpty) zeros.SetDirty(behind);
    }

    public void Dispose()
    {
        lease?.Dispose();
        if (!behind.IsEmpty) zeros.Release(behind);
    }
}
