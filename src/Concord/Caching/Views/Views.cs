using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The user views of one file. While a file has had a view, its section is <i>staged</i>: the kernel shows a page to
/// views as soon as it exists, so a page appears complete and in one step, and what is dropped is punched at once.
/// </summary>
/// <remarks>
/// Locks: <see cref="_gate"/> owns the list; it comes after the file's hold and before extents. Whatever is done to pages
/// is done with their extent's lock held; see docs/views.md.
/// </remarks>
internal sealed class Views : IPageWaker
{
    private readonly FileState _file;
    private readonly Lock _gate = new();
    private ViewMapping[] _mappings = [];
    private volatile bool _isStaged;

    // Owned by whoever has the file exclusively.
    private bool _hasPunched;
    private long _trims;

    internal Views(FileState file)
    {
        _file = file;
        Pages = new ViewPages(file, this);
        Poison = new ViewPoison(file, this);
        Faults = new ViewFaults(file, this);
        Sharer = new ViewSharer(file, this);
    }

    /// <summary>Whether pages appear in one step and are punched when they are dropped. Stays until the section goes.</summary>
    internal bool IsStaged => _isStaged;

    /// <summary>The views that are mapped; a snapshot that never changes.</summary>
    internal ViewMapping[] Mappings => Volatile.Read(ref _mappings);

    internal ViewPages Pages { get; }

    internal ViewPoison Poison { get; }

    internal ViewFaults Faults { get; }

    internal ViewSharer Sharer { get; }

    /// <summary>How often the pages of views were taken out of them for a purge.</summary>
    internal long Trims => Volatile.Read(ref _trims);

    internal void CountTrim() => Interlocked.Increment(ref _trims);

    /// <summary>Whether a view open for writing shows a part of a range.</summary>
    internal bool CanWrite(ByteRange range) =>
        Array.Exists(Mappings, view => view.IsTracked && !view.Range.Intersect(range).IsEmpty);

    /// <summary>The part of a range from the first to the last byte that views open for writing show.</summary>
    internal ByteRange TrackedAround(ByteRange range)
    {
        long from = range.End, end = range.Offset;
        foreach (var view in Mappings)
        {
            var part = view.Range.Intersect(range);
            if (!view.IsTracked || part.IsEmpty) continue;
            (from, end) = (Math.Min(from, part.Offset), Math.Max(end, part.End));
        }

        return from < end ? ByteRange.FromBounds(from, end) : new ByteRange(range.Offset, 0);
    }

    /// <summary>Whether any view shows a part of a range.</summary>
    internal bool Meets(ByteRange range) => Array.Exists(Mappings, view => !view.Range.Intersect(range).IsEmpty);

    /// <summary>The pages of an extent that views open for writing show.</summary>
    internal ulong Tracked(long extent)
    {
        ulong pages = PageMask.None;
        foreach (var view in Mappings)
        {
            if (view.IsTracked) pages |= PageGeometry.PagesOf(extent, view.Range);
        }

        return pages;
    }

    /// <summary>Whether a write at an offset would leave bytes behind the end of the file that some view may have written.</summary>
    internal bool LeavesGap(long offset) => _isStaged && offset > _file.Sizes.Length;

    /// <summary>Maps a view; called with the file held exclusively.</summary>
    /// <exception cref="PlatformNotSupportedException">Page faults cannot be answered here.</exception>
    /// <exception cref="IOException">There is no memory, no address space or no mapping for it.</exception>
    internal async ValueTask<ViewMapping> MapAsync(ByteRange pages, ViewAccess access, CallMode mode)
    {
        var faults = _file.Cache.Faults.Faults;
        if (access == ViewAccess.ReadWrite && !faults.CanTrack)
        {
            throw new PlatformNotSupportedException("this kernel cannot notice writes to shared memory (Linux 5.19 or later can); file the view for reading");
        }

        var section = SectionOf(pages);
        await StageAsync(mode).ConfigureAwait(false);

        // From here on nobody makes a page by a touch; what was made before is not shown.
        section.KeepAbsent();
        _file.Orphans.GiveBack();
        var view = Map(section, pages, access);

        // On the list first: whatever becomes resident from here on is armed by who makes it so.
        lock (_gate)
        {
            Volatile.Write(ref _mappings, [.. _mappings, view]);
            if (_mappings.Length == 1) _file.AddSharer(Sharer);
        }

        try
        {
            foreach (var extent in _file.Extents.In(pages))
            {
                lock (extent) Pages.ArmLocked(view, extent);
            }

            _file.Cache.Faults.Add(view);
            view.IsArmed = true;
            view.GrantAccess();

            // What it writes can only be found by looking.
            if (view.IsTracked) _file.Pending.NoteDirty();
            return view;
        }
        catch
        {
            Unmap(view);
            throw;
        }
    }

    /// <summary>Unmaps a view; what it wrote is in the section, dirty. Blocks for steps under way.</summary>
    internal void Unmap(ViewMapping view)
    {
        view.RevokeAccess();
        foreach (var extent in _file.Extents.In(view.Range))
        {
            lock (extent) Pages.CollectLocked(extent);
        }

        _file.Cache.Faults.Remove(view);

        // Who waits inside for an answer finds the view without access, and not that nobody answers.
        view.Wake(view.Range);
        lock (_gate)
        {
            Volatile.Write(ref _mappings, [.. _mappings.Where(other => other != view)]);
            if (_mappings.Length == 0) _file.RemoveSharer(Sharer);
        }

        view.Dispose();
        foreach (var extent in _file.Extents.In(view.Range))
        {
            lock (extent) Pages.UnmapWritablyLocked(extent, ~Tracked(extent.Index));
        }
    }

    /// <summary>Brings pages in, tells why it cannot, and maps them in a view as far as unseen writes are allowed.</summary>
    internal async ValueTask PrefaultAsync(ViewMapping view, ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var wanted = range.RoundOut(PageGeometry.PageBytes);
        Poison.Clear(wanted);
        long pieceBytes = (long)_file.Cache.PiecePagesMax << PageGeometry.PageShift;
        for (long at = wanted.Offset, next; at < wanted.End; at = next)
        {
            long index = PageGeometry.ExtentOf(at);
            next = Math.Min(Math.Min(at + pieceBytes, PageGeometry.StartOf(index + 1)), wanted.End);
            var piece = ByteRange.FromBounds(at, next);
            ulong pages = PageGeometry.PagesOf(index, piece);
            await _file.Loader.EnsureResidentAsync(index, pages, mode, cancellationToken).ConfigureAwait(false);
            MapPresent(view, index, piece);
        }
    }

    /// <summary>Maps pages of a range that are there in a view, as far as unseen writes are allowed.</summary>
    internal void MapPresent(ViewMapping view, ByteRange range)
    {
        foreach (var extent in _file.Extents.In(range)) MapPresent(view, extent.Index, range);
    }

    private void MapPresent(ViewMapping view, long index, ByteRange range)
    {
        if (!view.IsTracked || !view.IsAsync)
        {
            view.Populate(range.Intersect(new ByteRange(PageGeometry.StartOf(index), PageGeometry.ExtentBytes)));
            return;
        }

        var extent = _file.ExtentAt(index);
        lock (extent)
        {
            ulong there = PageGeometry.PagesOf(index, range) & extent.Resident & extent.Answerable;
            if (there != PageMask.None) Pages.TryMapWritablyLocked(extent, view, there & (0 - there), there, isForced: false, isAll: true);
        }
    }

    /// <summary>The section goes; no view is mapped any more.</summary>
    internal void SectionGone()
    {
        _isStaged = false;
        _hasPunched = false;
    }

    public void WakeLocked(Extent extent, ulong pages)
    {
        for (; pages != PageMask.None; pages &= ~PageMask.FirstRun(pages))
        {
            var range = PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(pages));
            foreach (var view in Mappings) view.Wake(range);
        }
    }

    private ViewMapping Map(SharedSection section, ByteRange pages, ViewAccess access)
    {
        try
        {
            return new ViewMapping(section.Memory, _file.Cache.Faults.Faults, pages, access, Faults);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"cannot map {pages.Length} bytes of {_file.Store.Name}: {error.Message}", error);
        }
    }

    private SharedSection SectionOf(ByteRange pages)
    {
        try
        {
            if (_file.Section is not SharedSection section)
            {
                throw new PlatformNotSupportedException("views need memory with a descriptor, of small pages; make the cache with SectionKind.Shared");
            }

            // The memory has to reach to the view's end, or a touch there would be a SIGBUS.
            _ = section.AddressOf(pages.End - 1);
            return section;
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"there is no memory for {_file.Store.Name}: {error.Message}", error);
        }
    }

    /// <summary>
    /// Switches to staged loading, waits for loads that read into the section itself, and punches whatever is not
    /// resident: purged pages are still there, and a view would show them.
    /// </summary>
    private async ValueTask StageAsync(CallMode mode)
    {
        if (_hasPunched) return;
        _isStaged = true;
        var purged = new List<(Extent Extent, ulong Pages)>();
        try
        {
            foreach (var extent in _file.Extents.All)
            {
                await extent.WhenIdleAsync(
                    static busy => busy.HasLoadInPlaceLocked && busy.Overwriting == PageMask.None ? busy.Claimed : PageMask.None,
                    idle => ClaimPurgedLocked(idle, purged),
                    mode).ConfigureAwait(false);
            }

            _hasPunched = true;
        }
        finally
        {
            Pages.GiveBack(purged);
        }
    }

    private void ClaimPurgedLocked(Extent extent, List<(Extent Extent, ulong Pages)> purged)
    {
        if (extent.Overwriting != PageMask.None)
        {
            throw new InvalidOperationException($"{_file.Store.Name} cannot be mapped while a lease overwrites pages of it; dispose the lease first");
        }

        Pages.ClaimDroppedLocked(extent, PageMask.All, purged);
    }
}
