using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The user views of one file. While a file has had a view, its section is <i>staged</i>: the kernel shows a page to
/// views as soon as it exists. So a page appears complete and in one step, and dropped pages are punched at once.
/// </summary>
/// <remarks>
/// Locks: <c>_gate</c> owns the list; it comes after the file's hold and before extents. Pages are changed only with
/// their extent's lock held; see docs/views.md.
/// </remarks>
internal sealed class Views
{
    private readonly FileState _file;
    private readonly CacheViews _cache;
    private readonly Evictor _evictor;
    private readonly Loader _loader;
    private readonly ViewList _list;
    private readonly ViewFaults _faults;
    private readonly ViewSharer _sharer;
    private readonly FileSharers _sharers;

    // _gate owns the writing of _list.
    private readonly Lock _gate = new();

    // The section of which all purged pages were punched; used only under the file's exclusive hold.
    private long _punchedSection;

    internal Views(FileState file, CacheViews cache, Evictor evictor, Loader loader)
    {
        _file = file;
        _cache = cache;
        _evictor = evictor;
        _loader = loader;
        _list = new ViewList();
        Poison = new ViewPoison(file, evictor, _list);
        Pages = new ViewPages(file, cache, _list, Poison);
        _sharer = new ViewSharer(file, cache, _list, Pages, Poison);
        _faults = new ViewFaults(file, evictor, cache, Pages, Poison, _sharer);
        _sharers = new FileSharers(file, _list, Pages, _sharer);
    }

    /// <summary>The views that are mapped.</summary>
    internal ViewList List => _list;

    internal ViewPages Pages { get; }

    internal ViewPoison Poison { get; }

    /// <summary>The file's sharers: its views and other holders of copies.</summary>
    internal FileSharers Sharers => _sharers;

    /// <summary>Maps a view; called with the file held exclusively.</summary>
    /// <exception cref="PlatformNotSupportedException">Page faults cannot be answered here.</exception>
    /// <exception cref="IOException">
    /// There is no memory, no address space or no mapping for it, or the store does not answer a load under way.
    /// </exception>
    internal async ValueTask<ViewMapping> MapAsync(ByteRange pages, ViewAccess access, CallMode mode)
    {
        var faults = _cache.Faults.Faults;
        if (access == ViewAccess.ReadWrite && !faults.CanTrack)
        {
            throw new PlatformNotSupportedException(
                "this kernel cannot notice writes to shared memory (Linux 5.19 or later can); "
                + "map the view for reading");
        }

        // Views need a section that can be mapped again, in which only complete pages appear.
        var section = SectionOf(pages);
        _sharers.Attach();
        await StageAsync(mode).ConfigureAwait(false);

        // From here on a touch makes no page; give back pages that were made by a touch before.
        section.KeepAbsent();
        OrphanPages.GiveBack(_file);
        var view = Map(section, pages, access);

        // List the view first: a page that becomes resident from here on is armed by the call that makes it appear.
        lock (_gate)
        {
            _list.Add(view);
            if (_list.Mappings.Length == 1)
            {
                _cache.Add(Pages);
                _sharers.Add(_sharer);
            }
        }

        try
        {
            // Arm what is resident; then answer faults, and only then give threads access.
            foreach (var extent in _file.Extents.In(pages))
            {
                lock (extent) Pages.ArmLocked(view, extent);
            }

            _cache.Faults.Add(view);
            view.IsArmed = true;
            view.GrantAccess();

            // Writes through the view are found only by queries: list the file as one with writes to collect.
            if (view.IsTracked) _file.Pending.NoteDirty();
            return view;
        }
        catch
        {
            Unmap(view);
            throw;
        }
    }

    /// <summary>Unmaps a view; what it wrote is dirty in the section. Blocks for steps under way.</summary>
    internal void Unmap(ViewMapping view)
    {
        // Take access away, then collect the last writes.
        view.RevokeAccess();
        foreach (var extent in _file.Extents.In(view.Range))
        {
            lock (extent) Pages.CollectLocked(extent);
        }

        _cache.Faults.Remove(view);

        // Wake threads that wait inside: they find the view without access, and do not wait for ever.
        view.Wake(view.Range);
        lock (_gate)
        {
            _list.Remove(view);
            if (_list.Mappings.Length == 0)
            {
                _sharers.Remove(_sharer);
                _cache.Remove(Pages);
            }
        }

        view.Dispose();
        foreach (var extent in _file.Extents.In(view.Range))
        {
            lock (extent) Pages.UnmapWritablyLocked(extent, ~_list.Tracked(extent.Index));
        }
    }

    /// <summary>
    /// Loads pages, throws if it cannot, and maps them in a view as the limit of unseen writes allows.
    /// </summary>
    internal async ValueTask PrefaultAsync(
        ViewMapping view, ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var wanted = range.RoundOut(PageGeometry.PageBytes);
        Poison.Clear(wanted);
        var wide = RangeLoad.BeginOrNull(
            _file, _evictor, wanted, hasExclusiveHold: false, mode, cancellationToken);
        try
        {
            await PrefaultAsync(view, wanted, wide, mode, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (wide is not null) await wide.EndAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask PrefaultAsync(
        ViewMapping view, ByteRange wanted, RangeLoad? wide, CallMode mode, CancellationToken cancellationToken)
    {
        long pieceBytes = (long)_file.Cache.PiecePagesMax << PageGeometry.PageShift;
        for (long at = wanted.Offset, next; at < wanted.End; at = next)
        {
            long index = PageGeometry.ExtentOf(at);
            next = Math.Min(Math.Min(at + pieceBytes, PageGeometry.StartOf(index + 1)), wanted.End);
            var piece = ByteRange.FromBounds(at, next);
            ulong pages = PageGeometry.PagesOf(index, piece);
            if (wide is not null) await wide.AdvanceAsync(at).ConfigureAwait(false);
            await _loader.EnsureResidentAsync(index, pages, mode, cancellationToken).ConfigureAwait(false);
            MapPresent(view, index, piece);
        }
    }

    /// <summary>Maps resident pages of a range in a view, as the limit of unseen writes allows.</summary>
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

        var extent = _file.EnsureExtent(index);
        lock (extent)
        {
            ulong there = PageGeometry.PagesOf(index, range) & extent.Resident & extent.Answerable;
            if (there != PageMask.None)
            {
                Pages.TryMapWritablyLocked(extent, view, there & (0 - there), there, isForced: false, isAll: true);
            }
        }
    }

    private ViewMapping Map(SharedSection section, ByteRange pages, ViewAccess access)
    {
        try
        {
            return new ViewMapping(section.Memory, _cache.Faults.Faults, pages, access, _faults);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"cannot map {pages.Length} bytes of {_file.Store.Label}: {error.Message}", error);
        }
    }

    private SharedSection SectionOf(ByteRange pages)
    {
        try
        {
            if (_file.EnsureSection() is not SharedSection section)
            {
                throw new PlatformNotSupportedException(
                    "views need memory with a descriptor, of small pages; make the cache with SectionKind.Shared");
            }

            // The memory must reach to the view's end: a touch behind it would be a SIGBUS.
            _ = section.AddressOf(pages.End - 1);
            return section;
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"there is no memory for {_file.Store.Label}: {error.Message}", error);
        }
    }

    /// <summary>
    /// Switches to staged loading, waits for loads that read into the section itself, and punches pages that are not
    /// resident: the memory of purged pages is still there, and a view would show it.
    /// </summary>
    private async ValueTask StageAsync(CallMode mode)
    {
        if (_punchedSection == _file.SectionId) return;
        _file.IsStaged = true;
        var purged = new List<(Extent Extent, ulong Pages)>();
        try
        {
            // Wait for loads into the section itself; then claim purged memory, to punch all of it at once.
            foreach (var extent in _file.Extents.All)
            {
                await extent.WhenIdleAsync(
                    (Views: this, Purged: purged),
                    static (busy, _) =>
                        busy.HasLoadInPlaceLocked && busy.Overwriting == PageMask.None ? busy.Claimed : PageMask.None,
                    static (idle, asked) => asked.Views.ClaimPurgedLocked(idle, asked.Purged),
                    _file.StoreWait,
                    mode).ConfigureAwait(false);
            }

            _punchedSection = _file.SectionId;
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
            throw new InvalidOperationException(
                $"{_file.Store.Label} cannot be mapped while a lease overwrites pages of it; dispose the lease first");
        }

        Pages.ClaimDroppedLocked(extent, PageMask.All, purged);
    }
}
