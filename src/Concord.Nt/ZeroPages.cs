using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// Pages of a stream between the end of the file and its allocation size that callers have mapped or pinned. They read
/// as zeros. Bytes that a holder writes there are not the file's, unless the file grows over them while a pin is dirty.
/// </summary>
internal sealed unsafe class ZeroPages
{
    // _gate owns everything below; it is held while a page is taken, and while the file grows over pages.
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Page> _pages = [];
    private volatile bool _hasPages;
    private long _allocationSize;

    /// <summary>How far mappings and pins may reach, as the file system said last.</summary>
    internal long AllocationSize => Volatile.Read(ref _allocationSize);

    /// <summary>Whether any page is held. A snapshot.</summary>
    internal bool HasPages => _hasPages;

    /// <summary>The file system tells the allocation size.</summary>
    /// <param name="size">The size in bytes.</param>
    /// <param name="mayShrink">Whether it replaces a larger one.</param>
    internal void Tell(long size, bool mayShrink)
    {
        lock (_gate) Volatile.Write(ref _allocationSize, mayShrink ? size : Math.Max(size, _allocationSize));
    }

    /// <summary>Holds pages once more.</summary>
    /// <param name="file">What reaches the file.</param>
    /// <param name="pages">Whole pages.</param>
    /// <param name="mayBlock">Whether pages that no caller holds may be made.</param>
    /// <returns>False, and nothing is held, if it would have to block, or the file has grown meanwhile.</returns>
    internal bool TryHold(FileOperations file, ByteRange pages, bool mayBlock)
    {
        if (mayBlock) _gate.Enter();
        else if (!_gate.TryEnter()) return false;
        long held = pages.Offset;
        try
        {
            while (held < pages.End && TryHoldLocked(file, held, mayBlock)) held += Environment.SystemPageSize;
            return held >= pages.End;
        }
        finally
        {
            // Give the first ones back if not all can be held.
            if (held < pages.End) ReleaseLocked(ByteRange.FromBounds(pages.Offset, held));
            _gate.Exit();
        }
    }

    /// <summary>Ends one holding of pages.</summary>
    internal void Release(ByteRange pages)
    {
        lock (_gate) ReleaseLocked(pages);
    }

    /// <summary>Where a byte of a page is that the caller holds.</summary>
    internal byte* AddressOf(long offset)
    {
        lock (_gate) return _pages[PageStart(offset)].Address + (offset - PageStart(offset));
    }

    /// <summary>A holder of pages changes them: if the file grows over them, the change is the file's.</summary>
    internal void SetDirty(ByteRange pages)
    {
        lock (_gate)
        {
            foreach (var (_, page) in In(pages)) page.IsDirty = true;
        }
    }

    /// <summary>
    /// Lets the file grow. Pages that it grows over become pages of the file, in place: their holders see the file's
    /// bytes, and a dirty one keeps what its holder wrote.
    /// </summary>
    /// <param name="file">What reaches the file.</param>
    /// <param name="end">How far the file may reach then.</param>
    /// <param name="grows">What makes it longer.</param>
    internal void While(FileOperations file, long end, Action grows)
    {
        // Where nothing is held: a page that is taken meanwhile looks at the new end itself.
        if (!_hasPages)
        {
            grows();
            return;
        }

        lock (_gate)
        {
            // 1. Keep the bytes of dirty pages, and give all pages back, so that no call waits for them.
            var met = In(ByteRange.FromBounds(0, end)).Where(static page => page.Value.IsBehindEnd).ToList();
            foreach (var (_, page) in met) page.GiveBack();
            try
            {
                grows();
            }
            finally
            {
                // 2. Hold them again: as pages of the file, or behind its end as before.
                foreach (var (offset, page) in met) page.HoldAgain(file, offset);
            }
        }
    }

    private IEnumerable<KeyValuePair<long, Page>> In(ByteRange range) =>
        _pages.Where(page => page.Key < range.End && page.Key + Environment.SystemPageSize > range.Offset);

    private bool TryHoldLocked(FileOperations file, long offset, bool mayBlock)
    {
        if (_pages.TryGetValue(offset, out var page))
        {
            page.Holders++;
            return true;
        }

        if (!mayBlock || file.LeaseBehindEnd(offset) is not { } lease) return false;
        _pages.Add(offset, page = new Page(lease));
        _hasPages = true;

        // The file may have grown before the mark above was seen.
        Interlocked.MemoryBarrier();
        if (file.Length <= offset) return true;
        page.GiveBack();
        page.HoldAgain(file, offset);
        return true;
    }

    private void ReleaseLocked(ByteRange pages)
    {
        for (long offset = pages.Offset; offset < pages.End; offset += Environment.SystemPageSize)
        {
            var page = _pages[offset];
            if (--page.Holders > 0) continue;
            _pages.Remove(offset);
            page.End();
        }

        _hasPages = _pages.Count > 0;
    }

    private static long PageStart(long offset) => offset & -(long)Environment.SystemPageSize;

    /// <summary>One page, and what holds it in memory.</summary>
    private sealed class Page(PageLease lease)
    {
        private PageLease? _lease = lease;
        private byte[]? _kept;

        internal int Holders { get; set; } = 1;

        internal bool IsDirty { get; set; }

        internal bool IsBehindEnd => _lease is { IsBehindEnd: true };

        /// <summary>Stays the same: a page of a file has one place in memory.</summary>
        internal byte* Address { get; } = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(lease.Bytes));

        internal void GiveBack()
        {
            if (IsDirty) _kept = _lease!.Bytes.ToArray();
            End();
        }

        internal void HoldAgain(FileOperations file, long offset)
        {
            byte[]? kept = _kept;
            _kept = null;
            while (true)
            {
                int inFile = (int)Math.Clamp(file.Length - offset, 0, Environment.SystemPageSize);
                if (inFile > 0)
                {
                    // Bytes that a holder wrote before the file reached here are the file's now.
                    if (kept is not null) file.Write(offset, kept.AsSpan(0, inFile));
                    _lease = file.Lease(new ByteRange(offset, inFile));
                    if (IsDirty) _lease.BeginWriting();
                    return;
                }

                // Null: the file has grown since.
                if ((_lease = file.LeaseBehindEnd(offset)) is null) continue;
                kept?.CopyTo(_lease.Bytes);
                return;
            }
        }

        internal void End()
        {
            if (_lease is { IsBehindEnd: true }) _lease.Abort();
            else _lease?.Dispose();
            _lease = null;
        }
    }
}
