using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The state of a whole cache, which knows no file: its limits, the count of its pages, its clock, and the failed files
/// and retired sections that it keeps.
/// </summary>
internal sealed class CacheState
{
    /// <summary>The least capacity: a few pages for each of several calls at once.</summary>
    internal const int CapacityPagesMin = 16;

    /// <summary>
    /// How long a purge waits for a copy whose own memory does not answer, before it reports the page.
    /// </summary>
    internal static readonly TimeSpan ReaderLimitDefault = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Read-ahead takes at most one part in this many of the capacity: a larger part would push out pages in use. Where
    /// that is less than an extent, nothing is read ahead: it would not be worth a thread.
    /// </summary>
    private const int ReadAheadShare = 16;

    /// <summary>
    /// How many recent faults are kept: more than one instruction touches, and a small part of the smallest cache.
    /// </summary>
    private const int RecentMax = 16, RecentShare = 4;

    /// <summary>
    /// Calls that load long ranges take at most one part in this many of the capacity: they leave room for the pages
    /// that single calls claim.
    /// </summary>
    private const int RangeLoadShare = 4;

    private readonly long _dirtyPagesMax;
    private readonly long _readAheadBytesMax;
    private long _capacityPages;
    private int _rangeLoads;
    private long _lastFileNumber;
    private volatile bool _hasFailedFiles;

    // The list is its own lock.
    private readonly List<IFailed> _failedFiles = [];

    /// <param name="scheduler">Where the cache's work goes on, and its clock.</param>
    /// <param name="capacityPages">The most pages in memory, without those that leases hold.</param>
    /// <param name="dirtyPagesMax">The most dirty pages before writers wait; 0 means half of the capacity.</param>
    /// <param name="readAheadBytesMax">
    /// The most bytes read ahead for a handle, if the capacity allows that many.
    /// </param>
    internal CacheState(CacheScheduler scheduler, long capacityPages, long dirtyPagesMax, long readAheadBytesMax)
    {
        Scheduler = scheduler;
        _dirtyPagesMax = dirtyPagesMax;
        _readAheadBytesMax = readAheadBytesMax;
        SetCapacity(capacityPages);
        Recent = new RecentFaults((int)Math.Clamp(capacityPages / RecentShare, 2, RecentMax));
        Admission = new WriteAdmission(this);
        MakeSection = () => SectionFactory.Create(SectionKind);
    }

    internal CacheScheduler Scheduler { get; }

    internal long CapacityPages => Volatile.Read(ref _capacityPages);

    internal long DirtyPagesMax =>
        _dirtyPagesMax == 0 ? Math.Max(1, CapacityPages / 2) : Math.Min(_dirtyPagesMax, CapacityPages);

    internal SectionKind SectionKind { get; init; }

    /// <summary>The most files with memory at a time.</summary>
    internal required int MaxSections { get; init; }

    internal WriteMode WriteMode { get; init; }

    /// <summary>How long a call waits behind one call of a store that does not answer; infinite for ever.</summary>
    internal TimeSpan StoreWaitTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The most bytes read ahead for a handle; 0 for none.</summary>
    internal long MaxReadAheadBytes { get; set; }

    /// <summary>
    /// The largest piece that one call claims at a time, so that several calls fit into a small cache.
    /// </summary>
    internal int PiecePagesMax => (int)Math.Clamp(CapacityPages / 8, 1, PageGeometry.PagesPerExtent);

    /// <summary>
    /// The most bytes that a call which loads a long range may have in memory ahead of what it has come to: calls that
    /// do so share a quarter of the capacity.
    /// </summary>
    internal long RangeLoadBytesMax =>
        (CapacityPages / RangeLoadShare / Math.Max(1, Volatile.Read(ref _rangeLoads))) << PageGeometry.PageShift;

    /// <summary>Counts a call that begins to load a long range, or with -1 one that ends.</summary>
    internal void AddRangeLoad(int count) => Interlocked.Add(ref _rangeLoads, count);

    /// <summary>How long a purge waits for a copy that does not end.</summary>
    internal TimeSpan ReaderLimit { get; set; } = ReaderLimitDefault;

    /// <summary>Makes the memory of a file.</summary>
    internal Func<Section> MakeSection { get; set; }

    internal PageCounters Counters { get; } = new();

    /// <summary>A number for a file that joins the cache.</summary>
    internal long NextFileNumber() => Interlocked.Increment(ref _lastFileNumber);

    /// <summary>Room beyond the capacity for files on which stores of others are built.</summary>
    internal LevelReserve LevelReserve { get; } = new();

    /// <summary>Pages that faults of views mapped last, which an eviction spares.</summary>
    internal RecentFaults Recent { get; }

    /// <summary>Sections with a copy stuck inside.</summary>
    internal RetiredSections Retired { get; } = new();

    /// <summary>Admits writes that make pages dirty.</summary>
    internal WriteAdmission Admission { get; }

    /// <summary>Whether so much is dirty, or about to be, that writers wait.</summary>
    internal bool IsOverDirtyLimit => Counters.Dirty + Admission.Pages >= DirtyPagesMax;


    /// <summary>
    /// How many pages are in memory beyond the capacity and the leased pages: some may be when a lease ends.
    /// </summary>
    internal long ExcessPages => Counters.Backed - CapacityPages - Counters.Leased;

    /// <summary>Counts pages as backed if they fit; the caller then backs them.</summary>
    internal bool TryReserve(int pages) =>
        pages == 0 || Counters.TryAddBacked(pages, CapacityPages + LevelReserve.Borrowed);

    /// <summary>Whether so many pages would fit now.</summary>
    internal bool HasRoomFor(int pages) =>
        Counters.Backed + pages <= CapacityPages + Counters.Leased + LevelReserve.Borrowed;

    /// <summary>Called when the capacity has become too small for what is in memory; must not block.</summary>
    internal Action? Overfull { get; set; }

    /// <summary>Changes the capacity. Pages beyond it leave soon, or when the next page needs room.</summary>
    internal void Resize(long capacityPages)
    {
        SetCapacity(capacityPages);
        if (ExcessPages > 0) Overfull?.Invoke();
    }

    /// <summary>Files that could not be written back when they were disposed.</summary>
    internal IReadOnlyList<IFailed> FailedFiles
    {
        get
        {
            lock (_failedFiles) return [.. _failedFiles];
        }
    }

    /// <summary>Whether there are such files, asked without the lock.</summary>
    internal bool HasFailedFiles => _hasFailedFiles;

    internal void AddFailedFile(IFailed file)
    {
        lock (_failedFiles)
        {
            _failedFiles.Add(file);
            _hasFailedFiles = true;
        }
    }

    internal void RemoveFailedFile(IFailed file)
    {
        lock (_failedFiles)
        {
            _failedFiles.Remove(file);
            _hasFailedFiles = _failedFiles.Count > 0;
        }
    }

    /// <summary>A flush of a file was good: removes failed handles of it that are written by now.</summary>
    internal void HealFailed(object file)
    {
        foreach (var failed in FailedFiles) failed.HealIfWritten(file);
    }

    private void SetCapacity(long pages)
    {
        Volatile.Write(ref _capacityPages, pages);
        long most = Math.Min(_readAheadBytesMax, (pages << PageGeometry.PageShift) / ReadAheadShare);
        MaxReadAheadBytes = most < PageGeometry.ExtentBytes ? 0 : most;
    }
}
