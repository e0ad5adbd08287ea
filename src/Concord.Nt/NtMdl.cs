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
    private int _isEnding;

    private NtMdl(NtStream stream, bool isForWriting)
    {
        Stream = stream;
        IsForWriting = isForWriting;
    }

    internal NtStream Stream { get; }

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
        var chain = new NtMdl(stream, access != LeaseAccess.Read);
        try
        {
            for (long at = range.Offset, next; at < range.End; at = next)
            {
                next = Math.Min(range.End, ((at >> Ntifs.VACB_OFFSET_SHIFT) + 1) << Ntifs.VACB_OFFSET_SHIFT);
                chain._parts.Add(new Part(file.Lease(ByteRange.FromBounds(at, next), access)));
            }
        }
        catch
        {
            chain.Free(publishes: false);
            throw;
        }

        for (int i = 1; i < chain._parts.Count; i++) chain._parts[i - 1].Mdl->Next = chain._parts[i].Mdl;
        ByFirst[(nint)chain.First] = chain;
        return chain;
    }

    internal MDL* First => _parts[0].Mdl;

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
    }

    /// <summary>One MDL, and what holds its bytes.</summary>
    private sealed class Part
    {
        private PageLease _lease;

        internal Part(PageLease lease)
        {
            _lease = lease;
            Range = lease.Range;
            nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(lease.Span));
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

        internal void End(bool publishes)
        {
            if (publishes) _lease.Dispose();
            else _lease.Abort();
            NativeMemory.Free(Mdl);
        }
    }
}
