using Concord.Caching;

namespace Concord;

/// <summary>How a cache is set up. Read once, when the cache is made.</summary>
public sealed class FileCacheOptions
{
    /// <summary>
    /// The most bytes of pages in memory, what leases hold besides; at least 16 pages. 0, the default, means a
    /// quarter of what the process may use, containers' limits included.
    /// </summary>
    public long CapacityBytes { get; init; }

    /// <summary>The most bytes of dirty pages before writers wait; 0, the default, means half of the capacity.</summary>
    public long DirtyBytesMax { get; init; }

    /// <summary>What kind of memory pages are kept in.</summary>
    public SectionKind SectionKind { get; init; }

    /// <summary>
    /// The default of <see cref="SectionsMax"/>. A section takes a descriptor and a mapping or more; systems allow
    /// 65,530 mappings a process, and often no more than 1,024 descriptors where a program has not asked for more.
    /// </summary>
    internal const int SectionsMaxDefault = 1024;

    /// <summary>
    /// The most files with memory at a time; 1,024 by default. Any number can be open: beyond this one, the file that
    /// was used least recently and that nobody leases is flushed and purged, and comes back when it is used next. While
    /// none is idle there can be more.
    /// </summary>
    public int SectionsMax { get; init; } = SectionsMaxDefault;

    /// <summary>
    /// The most bytes read ahead for each handle that is read in order; 16 MiB by default, 0 for none. Never more than a
    /// sixteenth of the capacity, and none where that is under 64 pages.
    /// </summary>
    public long ReadAheadBytesMax { get; init; } = ReadAhead.BytesMaxDefault;

    /// <summary>How often the lazy writer passes; one second by default, <see cref="TimeSpan.Zero"/> for never.</summary>
    public TimeSpan LazyWriterInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of intervals and limits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
