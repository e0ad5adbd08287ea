using System.Collections.Concurrent;
using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

/// <summary>
/// One cache: what belongs to all its files, and who works for all of them, put together in one place.
/// </summary>
internal sealed class CacheServices
{
    // _gate owns the writing of _byIdentity, and keeps Files in step with it.
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<object, FileServices> _byIdentity = new();

    // By the identity of what is being opened: who comes second waits for the signal.
    private readonly ConcurrentDictionary<object, Signal> _openings = new();

    /// <param name="scheduler">Where the cache's work goes on.</param>
    /// <param name="options">How it is set up.</param>
    /// <param name="capacityPages">The most pages in memory.</param>
    /// <param name="exitTimeout">
    /// How long the end of the process waits for what is dirty; zero for not at all; null where a cache with something
    /// dirty is not kept either when it is dropped: what a simulation schedules does not run then.
    /// </param>
    /// <param name="tellExitFailures">Called with what could not be written.</param>
    internal CacheServices(
        CacheScheduler scheduler, FileCacheOptions options, long capacityPages,
        TimeSpan? exitTimeout, Action<IReadOnlyList<ExitFlushFailure>> tellExitFailures)
    {
        Name = options.Name;
        State = new CacheState(
            scheduler, capacityPages, PageGeometry.PagesIn(options.MaxDirtyBytes), options.MaxReadAheadBytes)
        {
            SectionKind = options.SectionKind,
            MaxSections = options.MaxSections,
            WriteMode = options.WriteMode,
        };
        Evictor = new Evictor(State, Files);
        HugeBlocks = new HugeBlocks(Files);
        Sections = new SectionLimit(State, Files, Evictor);
        Views = new CacheViews(State);
        ExitFlush = new ExitFlush(Files, exitTimeout, tellExitFailures);
        if (scheduler is PoolScheduler) SystemShortage.Join(Sections);
        LazyWriter = new LazyWriter(
            State, Files, Evictor, HugeBlocks, options.LazyWriterInterval, options.MaxDirtyAge, slept: ExitFlush.Leave);
        if (options.SectionKind == SectionKind.Huge) LazyWriter.Wake();
        Files.Dirty.Added = () =>
        {
            // In this order: who falls asleep has left before it can be woken.
            LazyWriter.Wake();
            ExitFlush.Enlist();
        };
    }

    /// <summary>What messages call the cache, or null.</summary>
    internal string? Name { get; }

    internal CacheState State { get; }

    internal CacheFiles Files { get; } = new();

    internal Evictor Evictor { get; }

    internal HugeBlocks HugeBlocks { get; }

    internal SectionLimit Sections { get; }

    internal CacheViews Views { get; }

    /// <summary>Who writes back in the background.</summary>
    internal LazyWriter LazyWriter { get; }

    /// <summary>What is done when the process ends.</summary>
    internal ExitFlush ExitFlush { get; }

    /// <summary>The file of a store that is open; null of one that is not.</summary>
    internal FileServices? FileOf(BackingStore store) => _byIdentity.GetValueOrDefault(store.Identity);

    /// <summary>Begins to open a file, unless somebody is at it: then nothing has begun.</summary>
    /// <param name="identity">What the file is.</param>
    /// <param name="ended">Set by the caller when he has ended, after <see cref="EndOpening"/>.</param>
    /// <returns>The signal of who is at it, or null.</returns>
    internal Signal? BeginOpening(object identity, Signal ended) =>
        _openings.GetOrAdd(identity, ended) is var first && first == ended ? null : first;

    internal void EndOpening(object identity) => _openings.TryRemove(identity, out _);

    /// <summary>A file was opened that was not open. Called between beginning and end of its opening.</summary>
    internal void Add(FileServices file)
    {
        lock (_gate)
        {
            _byIdentity[file.State.Store.Identity] = file;
            Files.Add(file.State);
        }
    }

    /// <summary>
    /// Whether a file may be joined by who has its identity. Where its owners have closed every store of it, the
    /// identity may be another file's by now: it goes on by itself, with what could not be written.
    /// </summary>
    internal bool KeepIfServed(FileServices file)
    {
        if (file.State.IsServed) return true;
        lock (_gate)
        {
            _byIdentity.TryRemove(new KeyValuePair<object, FileServices>(file.State.Store.Identity, file));
            _byIdentity[file] = file;
        }

        file.State.Sharing.Dispose();
        return false;
    }

    /// <summary>The files that are open, with their services; a snapshot.</summary>
    internal IReadOnlyCollection<FileServices> OpenFiles => (IReadOnlyCollection<FileServices>)_byIdentity.Values;

    internal void Remove(FileServices file)
    {
        lock (_gate)
        {
            Files.Remove(file.State);
            _byIdentity.TryRemove(new KeyValuePair<object, FileServices>(file.State.Store.Identity, file));
            _byIdentity.TryRemove(file, out _);
        }
    }
}
