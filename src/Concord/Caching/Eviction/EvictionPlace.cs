using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// What the evictor knows of an extent: which of its pages the policy orders, and what a sweep has chosen of it. The
/// evictor's gate owns everything, but for what says otherwise.
/// </summary>
internal sealed class EvictionPlace(FileState file, Extent extent)
{
    // Scatters the numbers of files, so that pages of two files have different numbers.
    private const ulong FileFactor = 0x9E3779B97F4A7C15;

    private FileState? _file = file;
    private Extent? _extent = extent;

    internal FileState File => _file!;

    internal Extent Extent => _extent!;

    /// <summary>Its number among the places; -1 for none.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>A number of its first page, unlike that of other extents.</summary>
    internal ulong Key => KeyOf(File.NumberInCache, Extent.Index * PageGeometry.PagesPerExtent);

    /// <summary>Pages that the policy orders. Some may have left memory since.</summary>
    internal ulong Ordered { get; set; }

    /// <summary>Pages that the policy has chosen, and that a sweep is yet to look at.</summary>
    internal ulong Asked { get; set; }

    /// <summary>Memory of purged pages that a sweep gives back.</summary>
    internal ulong Purged { get; set; }

    /// <summary>Pages that a sweep has closed to drop them.</summary>
    internal ulong Closed { get; set; }

    /// <summary>Whether it is among the arrivals. The extent's lock owns it.</summary>
    internal bool IsNoted { get; set; }

    /// <summary>The arrival before this one.</summary>
    internal EvictionPlace? Before { get; set; }

    /// <summary>Whether the extent has gone, or was given up.</summary>
    internal bool IsGone => _extent is not { IsRetired: false };

    /// <summary>Lets go of the extent and its file, which have gone.</summary>
    internal void GiveUp() => (_file, _extent) = (null, null);

    /// <summary>A page's number among those of all files of a cache.</summary>
    internal static ulong KeyOf(long file, long page) => ((ulong)file * FileFactor) + (ulong)page;

    /// <summary>Whether pages have memory, now or a moment ago.</summary>
    internal bool HasMemory(ulong pages) => _extent is { } extent && (extent.Backed & pages) != PageMask.None;
}
