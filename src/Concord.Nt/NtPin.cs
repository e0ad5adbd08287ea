using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Bytes of one cache view that callers have mapped or pinned, and its BCB. A mapping is for reading, and one serves
/// all of its view; a pin has a lock of its own, and may be set dirty.
/// </summary>
internal sealed unsafe class NtPin
{
    // The list's gate owns both; what a pin holds is one, and does not change.
    private readonly List<HeldBytes> _held = [];
    private ulong _pages;

    // Held while the leases of the bytes become ones for writing.
    private readonly Lock _dirtying = new();

    internal NtPin(NtStream stream, HeldBytes held, bool isPinned)
    {
        Stream = stream;
        Lock = isPinned ? new NtResource() : null;
        Bcb = (PUBLIC_BCB*)NativeMemory.AllocZeroed((nuint)sizeof(PUBLIC_BCB));
        Bcb->NodeTypeCode = isPinned ? PUBLIC_BCB.CACHE_NTC_BCB : (short)0;
        Add(held);
    }

    internal NtStream Stream { get; }

    internal PUBLIC_BCB* Bcb { get; }

    /// <summary>
    /// Whose the pinned bytes are at the moment; null for a mapping. Acquired and released under the list's gate.
    /// </summary>
    internal NtResource? Lock { get; }

    internal bool IsPinned => Lock is not null;

    /// <summary>How many calls of CcUnpinData are due. Owned by the list's gate.</summary>
    internal int References { get; set; } = 1;

    /// <summary>How many of the references are those of CcRepinBcb. Owned by the list's gate.</summary>
    internal int Repins { get; set; }

    /// <summary>
    /// Those who have it and are no threads, in which way, and the thread that gave it to each. Owned by the list's
    /// gate.
    /// </summary>
    internal List<(nint Owner, bool HasItAlone, Thread Giver)> Owners { get; } = [];

    /// <summary>Whether the calling thread has it, or has given it to an owner. Under the list's gate.</summary>
    internal bool IsMine => Lock!.IsMine || Owners.Exists(static given => given.Giver == Thread.CurrentThread);

    /// <summary>
    /// Whether it is kept by what no thread has: nobody can tell then whose call will end it. Under the list's gate.
    /// </summary>
    internal bool IsNoThreads => Repins > 0 || Owners.Count > 0;

    /// <summary>The bytes from the first to the last that is mapped.</summary>
    internal ByteRange Range => new(Bcb->MappedFileOffset.QuadPart, Bcb->MappedLength);

    /// <summary>How often pages of it are held; no more than the view has pages.</summary>
    internal int LeaseCount => _held.Count;

    /// <summary>Takes bytes over that are needed as long as this is.</summary>
    internal void Add(HeldBytes held)
    {
        var range = held.Range;
        long start = _pages == 0 ? range.Offset : Math.Min(Range.Offset, range.Offset);
        long end = _pages == 0 ? range.End : Math.Max(Range.End, range.End);
        Bcb->MappedFileOffset.QuadPart = start;
        Bcb->MappedLength = (uint)(end - start);

        // Pages that are held already need not be held once more.
        ulong pages = PagesOf(range);
        if ((pages & ~_pages) != 0) _held.Add(held);
        else held.Dispose();
        _pages |= pages;
    }

    /// <summary>Where a byte is whose page this holds. All pages of a view lie in one piece.</summary>
    internal byte* AddressOf(long offset)
    {
        ulong page = PagesOf(new ByteRange(offset, 1));
        return _held.Find(other => (PagesOf(other.Range) & page) != 0)!.AddressOf(offset);
    }

    /// <summary>The holder changes the bytes: they are dirty from now on, and when the last reference goes.</summary>
    /// <param name="sequence">The number of the change in the stream's log, or null.</param>
    internal void SetDirty(long? sequence)
    {
        // Several threads may share a pin, and a lease is for one at a time.
        lock (_dirtying)
        {
            foreach (var held in _held) held.BeginWriting(sequence);
        }
    }

    /// <summary>The pages of a range of one view, a bit each.</summary>
    private static ulong PagesOf(ByteRange range)
    {
        long inView = range.Offset & (Ntifs.VACB_MAPPING_GRANULARITY - 1);
        int first = (int)(inView / Environment.SystemPageSize);
        int last = (int)((inView + range.Length - 1) / Environment.SystemPageSize);
        return ulong.MaxValue >> (63 - last + first) << first;
    }

    /// <summary>The last reference is gone.</summary>
    internal void End()
    {
        foreach (var held in _held) held.Dispose();
        NativeMemory.Free(Bcb);
    }
}
