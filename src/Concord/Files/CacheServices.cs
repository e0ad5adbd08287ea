using System.Collections.Concurrent;
using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

/// <summary>
/// One cache: composes the state and the services that all its files share.
/// </summary>
internal sealed class CacheServices
{
    // _gate owns the writing of _byIdentity, and keeps Files in step with it.
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<object, FileServices> _byIdentity = new();

    // The openings under way by the file's identity: a second opening waits for the first.
    private readonly ConcurrentDictionary<object, Opening> _openings = new();

    /// <param name="scheduler">Where the cache's work goes on.</param>
    /// <param name="options">The options.</param>
    /// <param name="capacityPages">The most pages in memory.</param>
    /// <param name="exitTimeout">
    /// How long the end of the process waits until dirty pages are written; zero for not at all. Null in a simulation,
    /// whose scheduler does not run then: a dropped cache with dirty pages is not kept either.
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
            StoreWaitTimeout = options.StoreWaitTimeout,
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
            // In this order: a lazy writer that falls asleep takes the cache off the list before it can be woken.
            LazyWriter.Wake();
            ExitFlush.Enlist();
        };
    }

    /// <summary>The cache's name in messages, or null.</summary>
    internal string? Name { get; }

    internal CacheState State { get; }

    internal CacheFiles Files { get; } = new();

    internal Evictor Evictor { get; }

    internal HugeBlocks HugeBlocks { get; }

    internal SectionLimit Sections { get; }

    internal CacheViews Views { get; }

    /// <summary>Writes back in the background.</summary>
    internal LazyWriter LazyWriter { get; }

    /// <summary>Writes dirty pages when the process ends.</summary>
    internal ExitFlush ExitFlush { get; }

    /// <summary>The open file with the identity of a store, or null.</summary>
    internal FileServices? FileOf(BackingStore store) => FileOf(store.Traits.Identity);

    /// <summary>The open file with an identity, or null.</summary>
    internal FileServices? FileOf(StoreIdentity identity) => _byIdentity.GetValueOrDefault(identity);

    /// <summary>Begins to open a file, unless another call is opening it: then nothing has begun.</summary>
    /// <param name="identity">The file's identity.</param>
    /// <param name="opening">The caller's opening; it ends it after <see cref="EndOpening"/>.</param>
    /// <returns>The other opening, or null.</returns>
    internal Opening? BeginOpening(object identity, Opening opening) =>
        _openings.GetOrAdd(identity, opening) is var first && first == opening ? null : first;

    internal void EndOpening(object identity) => _openings.TryRemove(identity, out _);

    /// <summary>Adds a file that was not open. Called between the beginning and the end of its opening.</summary>
    internal void Add(FileServices file)
    {
        lock (_gate)
        {
            _byIdentity[file.State.Identity] = file;
            Files.Add(file.State);
        }
    }

    /// <summary>
    /// Whether an opening with the file's identity may join it. If the owners have closed every store of the file, the
    /// identity may be another file's by now: then takes it out of the table of identities. It stays in the cache with
    /// what could not be written.
    /// </summary>
    internal bool KeepIfServed(FileServices file)
    {
        if (file.State.IsServed) return true;
        lock (_gate)
        {
            _byIdentity.TryRemove(new KeyValuePair<object, FileServices>(file.State.Identity, file));
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
            _byIdentity.TryRemove(new KeyValuePair<object, FileServices>(file.State.Identity, file));
            _byIdentity.TryRemove(file, out _);
        }
    }
}
