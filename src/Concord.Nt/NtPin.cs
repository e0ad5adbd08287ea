using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Bytes of one cache view that somebody has mapped or pinned, and its BCB. A mapping is for reading, and one serves all
/// of its view; a pin has a lock of its own, and may be set dirty.
/// </summary>
internal sealed unsafe class NtPin
{
    private readonly List<PageLease> _leases = [];

    internal NtPin(NtStream stream, PageLease lease, bool isPinned)
    {
        Stream = stream;
        Lock = isPinned ? new NtResource() : null;
        Bcb = (PUBLIC_BCB*)NativeMemory.AllocZeroed((nuint)sizeof(PUBLIC_BCB));
        Bcb->NodeTypeCode = isPinned ? PUBLIC_BCB.CACHE_NTC_BCB : (short)0;
        Bcb->NodeByteSize = (short)sizeof(PUBLIC_BCB);
        Add(lease);
    }

    internal NtStream Stream { get; }

    internal PUBLIC_BCB* Bcb { get; }

    /// <summary>Whose the pinned bytes are at the moment; null for a mapping. Acquired and released under the list's gate.</summary>
    internal NtResource? Lock { get; }

    internal bool IsPinned => Lock is not null;

    /// <summary>How many calls of CcUnpinData are due. Owned by the list's gate.</summary>
    internal int References { get; set; } = 1;

    /// <summary>The bytes from the first to the last that is mapped.</summary>
    internal ByteRange Range => new(Bcb->MappedFileOffset.QuadPart, Bcb->MappedLength);

    /// <summary>Takes a lease over that is needed as long as this is.</summary>
    internal void Add(PageLease lease)
    {
        // What an earlier lease holds anyway needs no further one.
        if (_leases.Exists(other => other.Range.Contains(lease.Range)))
        {
            lease.Dispose();
            return;
        }

        long start = _leases.Count == 0 ? lease.Range.Offset : Math.Min(Range.Offset, lease.Range.Offset);
        long end = Math.Max(Range.End, lease.Range.End);
        _leases.Add(lease);
        Bcb->MappedFileOffset.QuadPart = start;
        Bcb->MappedLength = (uint)(end - start);
    }

    /// <summary>Where a byte is that some lease of this covers.</summary>
    internal byte* AddressOf(long offset)
    {
        var lease = _leases.First(other => other.Range.Offset <= offset && offset < other.Range.End);
        return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(lease.Span)) + (offset - lease.Range.Offset);
    }

    /// <summary>The holder changes the bytes: they are dirty from now on, and when the last reference goes.</summary>
    /// <param name="sequence">The number of the change in the stream's log, or null.</param>
    internal void SetDirty(long? sequence)
    {
        foreach (var lease in _leases) lease.BeginWriting(sequence);
    }

    /// <summary>The last reference is gone.</summary>
    internal void End()
    {
        foreach (var lease in _leases) lease.Dispose();
        NativeMemory.Free(Bcb);
    }
}
