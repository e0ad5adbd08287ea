using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Bytes that a caller has locked in memory: a chain of MDLs, one a cache view, that ends as a whole.
/// </summary>
/// <remarks>
/// The caller reads the structures; the routines never do, so that a caller who overwrites them does no harm.
/// </remarks>
internal sealed unsafe class NtMdl
{
    private static readonly ConcurrentDictionary<nint, NtMdl> ByFirst = new();

    private readonly List<Part> _parts = [];
    private readonly ThreadMark _maker = ThreadMark.Current;
    private volatile ByteRange[] _unseen = [];
    private int _isEnding;

    private NtMdl(NtStream stream, ByteRange range, bool isForWriting)
    {
        Stream = stream;
        Range = range;
        IsForWriting = isForWriting;
    }

    internal NtStream Stream { get; }

    internal ByteRange Range { get; }

    /// <summary>Whether its bytes are to be overwritten.</summary>
    internal bool IsForWriting { get; }

    /// <summary>How many MDLs of a stream are to be written through.</summary>
    internal static int CountForWriting(NtStream stream) =>
        ByFirst.Values.Where(chain => chain.Stream == stream && chain.IsForWriting)
            .Sum(static chain => chain._parts.Count);

    /// <summary>Makes a chain that no caller knows yet, or null where there are no bytes.</summary>
    internal static NtMdl? Make(NtStream stream, FileOperations file, ByteRange range, LeaseAccess access)
    {
        if (range.IsEmpty) return null;
        var chain = new NtMdl(stream, range, access != LeaseAccess.Read);
        try
        {
            for (long at = range.Offset, next; at < range.End; at = next)
            {
                next = Math.Min(range.End, ((at >> Ntifs.VACB_OFFSET_SHIFT) + 1) << Ntifs.VACB_OFFSET_SHIFT);
                var part = ByteRange.FromBounds(at, next);
                chain._parts.Add(new Part(access == LeaseAccess.Read
                    ? [file.Lease(part, access)] : PreparedBytes.Hold(stream.State, file, part)));
            }
        }
        catch
        {
            chain.Free(publishes: false);
            throw;
        }

        for (int i = 1; i < chain._parts.Count; i++) chain._parts[i - 1].Mdl->Next = chain._parts[i].Mdl;
        ByFirst[(nint)chain.First] = chain;
        chain._unseen = [.. chain._parts.SelectMany(static part => part.Unseen)];
        if (chain._unseen.Length > 0) stream.AddUnseen(chain);
        return chain;
    }

    /// <summary>
    /// Whether the calling thread has prepared pages of a range that no call sees before the chain has ended: a call
    /// that waits for them on this thread waits for itself.
    /// </summary>
    internal bool KeepsMeFrom(ByteRange range) =>
        _maker == ThreadMark.Current && Array.Exists(_unseen, unseen => unseen.Overlaps(range));

    internal MDL* First => _parts[0].Mdl;

    /// <summary>The chain that begins with an MDL, or null.</summary>
    internal static NtMdl? Of(MDL* first) => ByFirst.GetValueOrDefault((nint)first);

    /// <summary>
    /// Takes the chain that begins with an MDL, for one thread to end; null if there is none, or a thread ends it
    /// already.
    /// </summary>
    internal static NtMdl? Take(MDL* first) =>
        ByFirst.TryGetValue((nint)first, out var chain) && Interlocked.CompareExchange(ref chain._isEnding, 1, 0) == 0
            ? chain : null;

    /// <summary>It does not end now: it is the caller's as before.</summary>
    internal void GiveBack() => Volatile.Write(ref _isEnding, 0);

    /// <summary>
    /// What was written is the stream's and durable in its store; the bytes stay where they are until the end.
    /// </summary>
    internal void WriteThrough(FileOperations file)
    {
        foreach (var part in _parts)
        {
            part.Publish(file);
            if (part == _parts[^1]) SeenByAll();
            _ = file.FlushAndPurge(part.Range, CoherencyOptions.NoPurge);
        }
    }

    /// <summary>Ends a chain that was taken, and frees its structures.</summary>
    internal void End(bool publishes)
    {
        // Before the memory is free, and another chain's.
        ByFirst.TryRemove((nint)First, out _);
        Free(publishes);
    }

    private void Free(bool publishes)
    {
        foreach (var part in _parts) part.End(publishes);
        SeenByAll();
    }

    private void SeenByAll()
    {
        if (_unseen.Length == 0) return;
        _unseen = [];
        Stream.RemoveUnseen(this);
    }

    /// <summary>One MDL, and what holds its bytes, in ascending order and one piece of memory.</summary>
    private sealed class Part
    {
        private readonly PageLease[] _leases;

        internal Part(PageLease[] leases)
        {
            _leases = leases;
            Range = ByteRange.FromBounds(leases[0].Range.Offset, leases[^1].Range.End);
            nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(leases[0].Span));
            Mdl = (MDL*)NativeMemory.AllocZeroed((nuint)sizeof(MDL));
            Mdl->Size = (short)sizeof(MDL);
            Mdl->MdlFlags = MDL.MDL_MAPPED_TO_SYSTEM_VA | MDL.MDL_PAGES_LOCKED;
            Mdl->MappedSystemVa = (void*)address;
            Mdl->StartVa = (void*)(address & -Environment.SystemPageSize);
            Mdl->ByteOffset = (uint)(address - (nint)Mdl->StartVa);
            Mdl->ByteCount = (uint)Range.Length;
        }

        internal MDL* Mdl { get; }

        internal ByteRange Range { get; }

        /// <summary>Whole pages that no other call sees before the part has ended.</summary>
        internal IEnumerable<ByteRange> Unseen => _leases
            .Where(static lease => lease.Access == LeaseAccess.Overwrite)
            .Select(PreparedBytes.PagesOf);

        internal void Publish(FileOperations file)
        {
            for (int i = 0; i < _leases.Length; i++)
            {
                var range = _leases[i].Range;
                if (_leases[i].Access == LeaseAccess.Read)
                {
                    // It was published before: what its holder has changed since is dirty as well.
                    file.Lease(range, LeaseAccess.Write).Dispose();
                    continue;
                }

                _leases[i].Dispose();
                _leases[i] = file.Lease(range);
            }
        }

        internal void End(bool publishes)
        {
            foreach (var lease in _leases)
            {
                if (publishes) lease.Dispose();
                else lease.Abort();
            }

            NativeMemory.Free(Mdl);
        }
    }
}
