using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Keeps the number of sections bounded, and with it that of descriptors and mappings: before a file gets memory, the
/// oldest idle one is flushed and purged and gives its section up. It stays open, and gets a new one when it is used.
/// </summary>
/// <remarks>
/// <para>
/// A file is idle if its hold is free, no lease is on its pages, and no sharer has copies. The queue is in the order
/// in which files got their sections; one whose pages were used since it last came up is passed over once.
/// </para>
/// <para>
/// Locks: called before the caller takes anything. The hold of the file that gives up is only tried, never waited
/// for, so that two callers cannot wait for each other. Who has a file's hold already is let through, and so are
/// callers that begin at the same moment: the bound is the limit and those besides.
/// </para>
/// </remarks>
internal sealed class SectionLimit(CacheState cache)
{
    // _gate owns the queue and every file's place in it. It is the last of all locks.
    private readonly Lock _gate = new();
    private readonly LinkedList<FileState> _queue = [];

    /// <summary>How many files have a section.</summary>
    internal int Count
    {
        get
        {
            lock (_gate) return _queue.Count;
        }
    }

    /// <summary>A file got its section.</summary>
    internal void Add(FileState file)
    {
        lock (_gate) file.PlaceInSections = _queue.AddLast(file);
    }

    /// <summary>A file's section is gone.</summary>
    internal void Remove(FileState file)
    {
        lock (_gate)
        {
            if (file.PlaceInSections is { } place) _queue.Remove(place);
            file.PlaceInSections = null;
        }
    }

    /// <summary>Returns when a file may get a section, if it has none; the caller holds nothing.</summary>
    internal ValueTask MakeRoomAsync(FileState file, CallMode mode, CancellationToken cancellationToken) =>
        file.HasSection || Count < cache.MaxSections ? ValueTask.CompletedTask : GiveUpOldestAsync(file, mode, cancellationToken);

    private async ValueTask GiveUpOldestAsync(FileState wanting, CallMode mode, CancellationToken cancellationToken)
    {
        // Twice round: the first time may find every file used.
        for (int tries = 2 * Count; tries > 0 && Count >= cache.MaxSections; tries--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            if (NextOldest() is not { } oldest) return;
            if (oldest == wanting || oldest.TakeUse()) continue;
            await TryGiveUpAsync(oldest, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The file at the front of the queue, which goes to its end, so that others try another one.</summary>
    private FileState? NextOldest()
    {
        lock (_gate)
        {
            if (_queue.First is not { } first) return null;
            _queue.RemoveFirst();
            _queue.AddLast(first);
            return first.Value;
        }
    }

    /// <summary>Flushes and purges a file and gives its section up, if it is idle. Called with the file held exclusively.</summary>
    /// <returns>Whether it has no section any more.</returns>
    /// <exception cref="WriteBackException">The flush failed; it keeps its section and its pages.</exception>
    internal static async ValueTask<bool> GiveUpHeldAsync(FileState file, object listener, CallMode mode, CancellationToken cancellationToken)
    {
        if (!file.HasSection) return true;
        if (!file.IsIdle()) return false;
        var result = await file.Operation
            .RunAsync(listener, new ByteRange(0, long.MaxValue), CoherencyOptions.None, mode, cancellationToken).ConfigureAwait(false);
        if (!result.IsComplete || !file.IsIdle()) return false;
        file.Cache.Evictor.ForgetFile(file);
        file.GiveUpSection(isStuck: false);
        return true;
    }

    /// <summary>Gives a file's section up in the background, if it is idle by then.</summary>
    internal void GiveUpSoon(FileState file) => cache.Scheduler.Post(() => _ = GiveUpInBackgroundAsync(file));

    private async Task GiveUpInBackgroundAsync(FileState file)
    {
        if (!await file.TryAcquireExclusiveAsync(CallMode.Async, CancellationToken.None).ConfigureAwait(false)) return;
        try
        {
            _ = await GiveUpHeldAsync(file, this, CallMode.Async, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // It keeps its section and its pages; its own flushers hear of it.
            if (error is not WriteBackException) file.Errors.Add(new ByteRange(0, long.MaxValue), error);
        }
        finally
        {
            file.ReleaseExclusive();
        }
    }

    private async ValueTask TryGiveUpAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        if (!file.TryAcquireExclusive()) return;
        try
        {
            _ = await GiveUpHeldAsync(file, this, mode, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // It keeps its section and its pages. Its own flushers hear of it; the caller's file has nothing to do with it.
            if (error is not WriteBackException) file.Errors.Add(new ByteRange(0, long.MaxValue), error);
        }
        finally
        {
            file.ReleaseExclusive();
        }
    }
}
