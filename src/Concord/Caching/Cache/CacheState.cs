using System.Collections.Concurrent;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>What all files of one cache share: the limits, the gauge, the scheduler, and who makes room.</summary>
internal sealed class CacheState
{
    private readonly ConcurrentDictionary<object, FileState> _files = new();
    private readonly List<FailedFile> _failedFiles = [];

    /// <summary>How long a purge waits for a reader whose own memory does not answer, before it reports the page.</summary>
    internal static readonly TimeSpan ReaderLimitDefault = TimeSpan.FromSeconds(1);

    /// <summary>A smaller read-ahead is not worth a thread; a larger part of the capacity would push out what is used.</summary>
    private const int ReadAheadShare = 16;

    private readonly long _dirtyPagesMax;
    private readonly long _readAheadBytesMax;
    private long _capacityPages;

    internal CacheState(CacheScheduler scheduler, FileCacheOptions options, long capacityPages)
    {
        Scheduler = scheduler;
        SectionKind = options.SectionKind;
        MaxSections = options.MaxSections;
        WriteMode = options.WriteMode;
        _dirtyPagesMax = PageGeometry.PagesIn(options.MaxDirtyBytes);
        _readAheadBytesMax = options.MaxReadAheadBytes;
        SetCapacity(capacityPages);
        Recent = new RecentFaults((int)Math.Clamp(capacityPages / RecentShare, 2, RecentMax));
        Evictor = new Evictor(this);
        HugeBlocks = new HugeBlocks(this);
        Sections = new SectionLimit(this);
        MakeSection = () => Section.Create(SectionKind);
    }

    internal CacheScheduler Scheduler { get; }

    internal long CapacityPages => Volatile.Read(ref _capacityPages);

    internal long DirtyPagesMax =>
        _dirtyPagesMax == 0 ? Math.Max(1, CapacityPages / 2) : Math.Min(_dirtyPagesMax, CapacityPages);

    internal SectionKind SectionKind { get; }

    internal int MaxSections { get; }

    internal WriteMode WriteMode { get; }

    internal DirtyFiles DirtyFiles { get; } = new();

    internal SectionLimit Sections { get; }

    /// <summary>The most bytes read ahead for a handle; 0 for none.</summary>
    internal long MaxReadAheadBytes { get; set; }

    /// <summary>Sections that somebody is stuck in.</summary>
    internal RetiredSections Retired { get; } = new();

    /// <summary>How the memory of a file comes into being.</summary>
    internal Func<Section> MakeSection { get; set; }

    /// <summary>Where page faults of views are answered.</summary>
    internal PageFaultDispatcher Faults
    {
        get => _faults ?? PageFaultDispatcher.Shared;
        set => _faults = value;
    }

    private PageFaultDispatcher? _faults;

    /// <summary>The most pages that views may write unseen: half of the dirty limit, on top of what is known to be dirty.</summary>
    internal long WritablyMappedPagesMax => Math.Max(1, DirtyPagesMax / 2);

    private long _writablyMapped;

    /// <summary>As many as one instruction touches and more, and a small part of the smallest cache.</summary>
    private const int RecentMax = 16, RecentShare = 4;

    internal RecentFaults Recent { get; }

    /// <summary>Counts pages as exposed whatever the limit says: who cannot be given less.</summary>
    internal void CountWritablyMapped(int pages) => Interlocked.Add(ref _writablyMapped, pages);

    internal bool TryCountWritablyMapped(int pages)
    {
        if (pages == 0 || Interlocked.Add(ref _writablyMapped, pages) <= WritablyMappedPagesMax) return true;
        Interlocked.Add(ref _writablyMapped, -pages);
        return false;
    }

    internal void UncountWritablyMapped(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _writablyMapped, -pages);
    }

    internal long WritablyMappedPages => Volatile.Read(ref _writablyMapped);

    /// <summary>How long a purge waits for a reader that does not leave.</summary>
    internal TimeSpan ReaderLimit { get; set; } = ReaderLimitDefault;

    internal PageCounters Counters { get; } = new();

    internal Evictor Evictor { get; }

    internal HugeBlocks HugeBlocks { get; }

    /// <summary>The files there are, in no order; a snapshot.</summary>
    internal IReadOnlyCollection<FileState> Files => (IReadOnlyCollection<FileState>)_files.Values;

    /// <summary>The state of a store: the one there is, or a new one.</summary>
    internal FileState FileOf(BackingStore store) => _files.GetOrAdd(store.Identity, _ => new FileState(this, store));

    /// <summary>Changes the capacity; what is then too much leaves soon, or when the next page needs room.</summary>
    internal void Resize(long capacityPages)
    {
        SetCapacity(capacityPages);
        if (Evictor.HasExcess) Scheduler.Post(Evictor.SweepExcess);
    }

    private void SetCapacity(long pages)
    {
        Volatile.Write(ref _capacityPages, pages);
        long most = Math.Min(_readAheadBytesMax, (pages << PageGeometry.PageShift) / ReadAheadShare);
        MaxReadAheadBytes = most < PageGeometry.ExtentBytes ? 0 : most;
    }

    /// <summary>Whether so much is dirty that writers wait.</summary>
    internal bool IsOverDirtyLimit => Counters.Dirty >= DirtyPagesMax;

    /// <summary>Files that could not be written back when they were disposed.</summary>
    internal IReadOnlyList<FailedFile> FailedFiles
    {
        get
        {
            lock (_failedFiles) return [.. _failedFiles];
        }
    }

    internal void Fail(FailedFile file)
    {
        lock (_failedFiles) _failedFiles.Add(file);
    }

    internal void Forgive(FailedFile file)
    {
        lock (_failedFiles) _failedFiles.Remove(file);
    }

    internal bool Remove(FileState file) => _files.TryRemove(new KeyValuePair<object, FileState>(file.Store.Identity, file));

    /// <summary>The largest piece that one call claims at a time, so that several calls fit into a small cache.</summary>
    internal int PiecePagesMax => (int)Math.Clamp(CapacityPages / 8, 1, PageGeometry.PagesPerExtent);
}
