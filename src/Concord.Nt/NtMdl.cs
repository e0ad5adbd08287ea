using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>Bytes of one cache view that somebody has an MDL of.</summary>
internal sealed unsafe class NtMdl
{
    private static readonly ConcurrentDictionary<nint, NtMdl> ByAddress = new();

    private readonly MDL* _mdl;
    private PageLease _lease;

    private NtMdl(NtStream stream, PageLease lease)
    {
        Stream = stream;
        Range = lease.Range;
        _lease = lease;
        nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(lease.Span));
        _mdl = (MDL*)NativeMemory.AllocZeroed((nuint)sizeof(MDL));
        _mdl->Size = (short)sizeof(MDL);
        _mdl->MdlFlags = MDL.MDL_MAPPED_TO_SYSTEM_VA | MDL.MDL_PAGES_LOCKED;
        _mdl->MappedSystemVa = (void*)address;
        _mdl->StartVa = (void*)(address & -Environment.SystemPageSize);
        _mdl->ByteOffset = (uint)(address - (nint)_mdl->StartVa);
        _mdl->ByteCount = (uint)Range.Length;
        IsForWriting = lease.Access != LeaseAccess.Read;
        ByAddress[(nint)_mdl] = this;
    }

    internal NtStream Stream { get; }

    internal ByteRange Range { get; }

    /// <summary>Whether its bytes are to be overwritten.</summary>
    internal bool IsForWriting { get; }

    /// <summary>How many MDLs of a stream are to be written through.</summary>
    internal static int CountForWriting(NtStream stream) => ByAddress.Values.Count(mdl => mdl.Stream == stream && mdl.IsForWriting);

    /// <summary>The MDLs of a chain, in order; null if one of them is not in use.</summary>
    internal static IReadOnlyList<NtMdl>? FindChain(MDL* chain)
    {
        var found = new List<NtMdl>();
        for (; chain is not null; chain = chain->Next)
        {
            if (!ByAddress.TryGetValue((nint)chain, out var mdl) || found.Contains(mdl)) return null;
            found.Add(mdl);
        }

        return found;
    }

    /// <summary>Makes a chain, an MDL for each cache view, or nothing.</summary>
    internal static MDL* MakeChain(NtStream stream, FileOperations file, ByteRange range, LeaseAccess access)
    {
        var made = new List<NtMdl>();
        try
        {
            for (long at = range.Offset, next; at < range.End; at = next)
            {
                next = Math.Min(range.End, ((at >> Ntifs.VACB_OFFSET_SHIFT) + 1) << Ntifs.VACB_OFFSET_SHIFT);
                made.Add(new NtMdl(stream, file.Lease(ByteRange.FromBounds(at, next), access)));
            }
        }
        catch
        {
            foreach (var mdl in made) mdl.End(publishes: false);
            throw;
        }

        for (int i = 1; i < made.Count; i++) made[i - 1]._mdl->Next = made[i]._mdl;
        return made.Count == 0 ? null : made[0]._mdl;
    }

    /// <summary>What was written is the stream's, and dirty; the bytes stay where they are until the end.</summary>
    internal void Publish(FileOperations file)
    {
        if (_lease.Access == LeaseAccess.Read)
        {
            // It was published before: what its holder has changed since is dirty as well.
            file.Lease(Range, LeaseAccess.Write).Dispose();
            return;
        }

        _lease.Dispose();
        _lease = file.Lease(Range);
    }

    /// <summary>Ends it and frees the structure.</summary>
    internal void End(bool publishes)
    {
        if (publishes) _lease.Dispose();
        else _lease.Abort();
        ByAddress.TryRemove((nint)_mdl, out _);
        NativeMemory.Free(_mdl);
    }
}
