using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// The options of a cache. The constructor of <see cref="FileCache"/> checks the options and copies them: later changes
/// count for the next cache.
/// </summary>
/// <remarks>Not safe for use by several threads while one of them changes it.</remarks>
public sealed class FileCacheOptions
{
    /// <summary>The least capacity: a few pages for each of several calls at once.</summary>
    internal const int CapacityPagesMin = CacheState.CapacityPagesMin;

    /// <summary>More than any machine has; it keeps sums of sizes far from an overflow.</summary>
    private const long BytesMax = 1L << 45;

    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);
    private static readonly TimeSpan LeastDirtyAge = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LeastStoreWait = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The default of <see cref="MaxSections"/>. A section takes a descriptor and a mapping or more; systems allow
    /// 65,530 mappings a process, and often no more than 1,024 descriptors where a program has not asked for more.
    /// </summary>
    internal const int MaxSectionsDefault = 1024;

    /// <summary>Makes options with every default.</summary>
    public FileCacheOptions()
    {
    }

    private FileCacheOptions(FileCacheOptions other)
    {
        Name = other.Name;
        CapacityBytes = other.CapacityBytes;
        MaxDirtyBytes = other.MaxDirtyBytes;
        MaxReadAheadBytes = other.MaxReadAheadBytes;
        MaxSections = other.MaxSections;
        SectionKind = other.SectionKind;
        WriteMode = other.WriteMode;
        MaxDirtyAge = other.MaxDirtyAge;
        ExitFlushTimeout = other.ExitFlushTimeout;
        StoreWaitTimeout = other.StoreWaitTimeout;
        LazyWriterInterval = other.LazyWriterInterval;
        TimeProvider = other.TimeProvider;
    }

    /// <summary>The cache's name in messages and statistics: any text; null by default.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// The most bytes of pages in memory, without those that leases hold: 16 pages to 32 TiB. 0, the default, means a
    /// share of one quarter of the memory that the process may use, containers' limits included. All open caches of the
    /// process with this value have equal shares of that quarter, and give up memory when another such cache is made.
    /// </summary>
    public long CapacityBytes { get; set; }

    /// <summary>
    /// The most bytes of dirty pages before writers wait: up to <see cref="CapacityBytes"/>, rounded up to whole pages.
    /// 0, the default, means half of the capacity. One file takes at most seven tenths of the capacity with pages that
    /// are dirty, being written or waiting for a barrier. A limit above that lets a file fill memory with pages that
    /// its store was not asked to write yet: if the store then refuses them, other files find no room.
    /// </summary>
    public long MaxDirtyBytes { get; set; }

    /// <summary>
    /// The most bytes read ahead for each handle that is read in order: up to 32 TiB; 16 MiB by default, 0 for none.
    /// Never more than a sixteenth of the capacity, and none where that is under 64 pages.
    /// </summary>
    public long MaxReadAheadBytes { get; set; } = ReadAhead.BytesMaxDefault;

    /// <summary>
    /// The most files with memory at a time, 1 or more; 1,024 by default. Any number of files can be open: beyond this
    /// limit, the file that was used least recently and has no lease is flushed and purged; it gets memory again when
    /// it is used next. While no file is idle, more can have memory.
    /// </summary>
    public int MaxSections { get; set; } = MaxSectionsDefault;

    /// <summary>What kind of memory pages are kept in.</summary>
    public SectionKind SectionKind { get; set; }

    /// <summary>When the store gets written bytes: later by default.</summary>
    public WriteMode WriteMode { get; set; }

    /// <summary>
    /// The longest that written bytes are only in memory before the cache begins to write them to their store, whatever
    /// else is dirty, and also where a view wrote them: 10 ms to one day; five seconds by default. The write takes as
    /// long as the store does, and longer where a store fails or hangs: it is tried again, and other files go on. For
    /// bytes under a writable lease the time counts from the end of the lease. There is no such limit where
    /// <see cref="LazyWriterInterval"/> is zero.
    /// </summary>
    public TimeSpan MaxDirtyAge { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest that the end of the process waits until dirty pages are written: up to one day; five seconds by
    /// default, <see cref="TimeSpan.Zero"/> for not at all. It is done when Main returns, at
    /// <see cref="Environment.Exit"/>, and on an unhandled exception. <see cref="FileCache.ExitFlushFailed"/> reports
    /// what cannot be written. Ends that cannot be seen (docs/durability.md): a kill, a crash in native code,
    /// <see cref="Environment.FailFast(string)"/>, a signal that the program does not handle.
    /// </summary>
    public TimeSpan ExitFlushTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest time that a call waits behind a call of a store, or log, of another caller that does not answer: 10
    /// ms to one day; ten minutes by default, <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes. A call
    /// that would wait longer throws an <see cref="IOException"/> that names the file. The time is that of one call of
    /// the store: it starts again with each call that a slow store answers. The store's call goes on, and every byte
    /// stays where it is. A thread that touches a page of a view cannot be told, and waits on. It is meant for a store
    /// that uses its own file from a thread of its own, and so waits for itself (docs/cookbook.md); a store that takes
    /// longer than this for one call needs more.
    /// </summary>
    public TimeSpan StoreWaitTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The interval between passes of the lazy writer over dirty files: up to one day; one second by default, and at
    /// least five times within <see cref="MaxDirtyAge"/>. <see cref="TimeSpan.Zero"/> for never.
    /// </summary>
    public TimeSpan LazyWriterInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of intervals and limits; not null.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The options as they are now, checked.</summary>
    /// <exception cref="ArgumentNullException"><see cref="TimeProvider"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An option is out of range; the message names it, and what would be right.
    /// </exception>
    internal FileCacheOptions CopyChecked()
    {
        var copy = new FileCacheOptions(this);
        copy.Check();
        return copy;
    }

    private void Check()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        Require(GuardedClock.Tells(TimeProvider), nameof(TimeProvider), TimeProvider.GetType().Name,
            "must tell its frequency");
        EnumArgument.ThrowIfUndefined(SectionKind);
        EnumArgument.ThrowIfUndefined(WriteMode);
        long least = (long)CapacityPagesMin * PageGeometry.PageBytes;
        Require(CapacityBytes == 0 || (CapacityBytes >= least && CapacityBytes <= BytesMax), nameof(CapacityBytes),
            CapacityBytes,
            $"must be {least} to {BytesMax}, or 0 for a share of a quarter of what the process may use");
        long capacity = CapacityBytes == 0 ? SharedCapacity.Bytes : CapacityBytes;
        Require(MaxDirtyBytes >= 0 && MaxDirtyBytes <= capacity, nameof(MaxDirtyBytes), MaxDirtyBytes,
            $"must be 1 to the capacity of {capacity}, or 0 for half of it");
        Require(MaxReadAheadBytes is >= 0 and <= BytesMax, nameof(MaxReadAheadBytes), MaxReadAheadBytes,
            $"must be 0 to {BytesMax}");
        Require(MaxSections > 0, nameof(MaxSections), MaxSections, "must be 1 or more");
        Require(LazyWriterInterval >= TimeSpan.Zero && LazyWriterInterval <= LongestTime,
            nameof(LazyWriterInterval), LazyWriterInterval, $"must be at most {LongestTime}, or zero for never");
        Require(MaxDirtyAge >= LeastDirtyAge && MaxDirtyAge <= LongestTime,
            nameof(MaxDirtyAge), MaxDirtyAge, $"must be {LeastDirtyAge} to {LongestTime}");
        Require(ExitFlushTimeout >= TimeSpan.Zero && ExitFlushTimeout <= LongestTime,
            nameof(ExitFlushTimeout), ExitFlushTimeout, $"must be at most {LongestTime}, or zero for not at all");
        Require((StoreWaitTimeout >= LeastStoreWait && StoreWaitTimeout <= LongestTime)
                || StoreWaitTimeout == Timeout.InfiniteTimeSpan,
            nameof(StoreWaitTimeout), StoreWaitTimeout,
            $"must be {LeastStoreWait} to {LongestTime}, or infinite for as long as it takes");
    }

    private static void Require(bool isRight, string name, object value, string right)
    {
        if (!isRight) throw new ArgumentOutOfRangeException(name, value, right);
    }
}
