using System.Diagnostics;
using Concord.Memory;

namespace Concord.Caching;

// The memory of a file: made when it is first needed, given up when the file leaves the cache or
// the limit of sections requires it.
internal sealed partial class FileState
{
    // _sectionGate owns the making and the giving up of _section, and _sectionWatcher. It comes after every lock but
    // that of the siblings.
    private readonly Lock _sectionGate = new();
    private Section? _section;
    private Action<bool>? _sectionWatcher;

    /// <summary>The memory of the file; <see cref="EnsureSection"/> makes it.</summary>
    internal Section Section =>
        Volatile.Read(ref _section)
        ?? throw new UnreachableException("whoever asks has made an extent or a lease, and so the section");

    internal bool HasSection => Volatile.Read(ref _section) is not null;

    /// <summary>
    /// The section's number in pins; 0 while there is no section. A copy that finds none finds no readable page either:
    /// the extents are retired before the section goes.
    /// </summary>
    internal long SectionId => Volatile.Read(ref _section)?.Id ?? 0;

    /// <summary>The section, if there is one and its memory is collected into huge pages.</summary>
    internal HugePageSection? HugeSection => Volatile.Read(ref _section) as HugePageSection;

    /// <summary>The file's place in its siblings' queue of sections; used by the queue only.</summary>
    internal LinkedListNode<FileState>? PlaceInSections { get; set; }

    /// <summary>The memory of the file, made if there is none.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory, no address space or no descriptor for it.</exception>
    internal Section EnsureSection()
    {
        return Volatile.Read(ref _section) ?? MakeSection(Cache.MakeSection);
    }

    /// <summary>Whether there is memory for an offset, so that nothing of the system is needed first.</summary>
    internal bool HasMemoryFor(long offset) => Volatile.Read(ref _section)?.HasWindow(offset) == true;

    /// <summary>
    /// Makes memory for an offset, if the system has a descriptor, a mapping and address space for it. The caller has
    /// the file's hold.
    /// </summary>
    /// <param name="offset">The offset; from <see cref="LengthMax"/> on nothing is made.</param>
    /// <param name="isLastResort">Whether to take memory without a descriptor, because the system has none.</param>
    /// <returns>What the system lacks, or null.</returns>
    internal OutOfMemoryException? TryMakeMemoryFor(long offset, bool isLastResort)
    {
        if (offset >= LengthMax) return null;
        try
        {
            bool isAny = isLastResort && Cache.SectionKind != SectionKind.Shared;
            var section = isAny
                ? MakeSection(static () => SectionFactory.Create(SectionKind.Private))
                : EnsureSection();
            _ = section.AddressOf(offset);
            return null;
        }
        catch (OutOfMemoryException error)
        {
            // The caller has other files give their memory up.
            return error;
        }
    }

    private Section MakeSection(Func<Section> make)
    {
        lock (_sectionGate)
        {
            if (_section is null)
            {
                var made = make();
                _sectionWatcher?.Invoke(true);
                Volatile.Write(ref _section, made);
                Siblings.SectionMade(this);
            }

            return _section;
        }
    }

    /// <summary>
    /// Tells <paramref name="watcher"/> whether there is a section: now, before a new one can be used, and after one is
    /// gone. There is one watcher; null ends it.
    /// </summary>
    internal void WatchSection(Action<bool>? watcher)
    {
        lock (_sectionGate)
        {
            _sectionWatcher = watcher;
            watcher?.Invoke(_section is not null);
        }
    }

    /// <summary>
    /// Waits for the copies under way, within the limit; a copy that stays is found by its pin later.
    /// </summary>
    /// <returns>Whether all copies that were inside have ended.</returns>
    internal bool DrainPins()
    {
        if (Volatile.Read(ref _section) is not { } section) return true;
        Pins.Fence();
        return Pins.Drain(section.Id, Cache.ReaderLimit);
    }

    /// <summary>
    /// Gives all memory back to the system, except pages with a copy inside that does not end.
    /// </summary>
    /// <returns>Whether there are such pages.</returns>
    internal bool GiveBackAllButStuck()
    {
        if (DrainPins()) return false;
        foreach (var extent in Extents.All)
        {
            ulong inside = Pins.Inside(SectionId, extent.Index);
            foreach (var run in PageRuns.Of(extent.Index, extent.Backed & ~inside)) Section.GiveBack(run);
        }

        return true;
    }

    /// <summary>Gives the section up; every extent is retired, and the file is held exclusively.</summary>
    /// <param name="isStuck">Whether copies are still inside: the section is kept until they have ended.</param>
    internal void GiveUpSection(bool isStuck)
    {
        Cache.Retired.Release();
        lock (_sectionGate)
        {
            if (_section is null) return;
            if (isStuck) Cache.Retired.Add(_section);
            else _section.Dispose();
            _isStaged = false;
            Volatile.Write(ref _section, null);
            Siblings.SectionGone(this);
            _sectionWatcher?.Invoke(false);
        }
    }
}
