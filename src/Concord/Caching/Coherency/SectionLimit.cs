using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Bounds the number of sections, and with it the number of descriptors and mappings. Before a file gets a section, the
/// oldest idle file is flushed and purged and gives its section up. That file stays open, and gets a new section when
/// it is used.
/// </summary>
/// <remarks>
/// <para>
/// A file is idle if its hold is free, no lease is on its pages, and no sharer has copies. The queue is in the order in
/// which files got their sections; a file whose pages were used since its last turn is passed over once.
/// </para>
/// <para>
/// Locks: called before the caller takes anything. The hold of the file that gives up is only tried, never waited for,
/// so that two callers cannot wait for each other. A caller that has a file's hold already is let through, and so are
/// callers that begin at the same moment: so the number may exceed the limit by those.
/// </para>
/// </remarks>
internal sealed class SectionLimit(CacheState cache, CacheFiles files, Evictor evictor) : ISpareHolder
{
    /// <summary>Where the system has nothing left, one in so many files gives its section up.</summary>
    private const int ShareGivenUp = 16;

    /// <summary>How long a call waits for the store of another file that may be built on the call's own file.</summary>
    private static readonly TimeSpan OtherStoreTime = TimeSpan.FromSeconds(1);

    /// <summary>Returns when a file may get a section, if it has none; the caller holds nothing.</summary>
    internal ValueTask MakePlaceAsync(FileState file, CallMode mode, CancellationToken cancellationToken) =>
        HasPlaceFor(file) ? ValueTask.CompletedTask : GiveUpOldestAsync(file, mode, cancellationToken);

    /// <summary>Whether a file has a section, or may get one at once.</summary>
    internal bool HasPlaceFor(FileState file) => file.HasSection || files.SectionCount < cache.MaxSections;

    private async ValueTask GiveUpOldestAsync(FileState wanting, CallMode mode, CancellationToken cancellationToken)
    {
        // Go round twice: the first time may find every file used.
        for (int tries = 2 * files.SectionCount; tries > 0 && files.SectionCount >= cache.MaxSections; tries--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            if (files.NextWithSection() is not { } oldest) return;
            if (oldest == wanting || !wanting.MayWaitFor(oldest) || oldest.TakeUse()) continue;
            if (!await TryGiveUpAsync(oldest, mode, cancellationToken).ConfigureAwait(false)) return;
        }
    }

    /// <summary>
    /// Has a part of the idle files give their sections up, the oldest first, because the system has no descriptor, no
    /// mapping or no address space left. It is more than one file, so that the rest of the process finds some too. The
    /// caller holds nothing.
    /// </summary>
    /// <returns>Whether one did.</returns>
    internal async ValueTask<bool> GiveUpSomeAsync(
        FileState? wanting, CallMode mode, CancellationToken cancellationToken)
    {
        int given = 0, wanted = 1 + (files.SectionCount / ShareGivenUp);

        // Go round twice: the first time may find every file used.
        for (int tries = 2 * files.SectionCount; tries > 0 && given < wanted; tries--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            if (files.NextWithSection() is not { } oldest) break;
            if (oldest == wanting || !MayAsk(wanting, oldest) || oldest.TakeUse()) continue;
            _ = await TryGiveUpAsync(oldest, mode, cancellationToken).ConfigureAwait(false);
            if (!oldest.HasSection) given++;
        }

        return given > 0;
    }

    bool ISpareHolder.TryGiveUpSome() =>
        SyncCompletion.Result(GiveUpSomeAsync(wanting: null, CallMode.Blocking, CancellationToken.None));

    /// <summary>An opening from within a call of a store may wait only for files below that store's file.</summary>
    private static bool MayAsk(FileState? wanting, FileState other) => wanting is not null
        ? wanting.MayWaitFor(other)
        : StoreLevel.Caller is not { } caller || other.IsBelow(caller);

    /// <summary>
    /// Flushes and purges a file and gives its section up, if it is idle. Called with the file held exclusively.
    /// </summary>
    /// <returns>Whether the file is without a section.</returns>
    /// <exception cref="WriteBackException">The flush failed; it keeps its section and its pages.</exception>
    internal async ValueTask<bool> GiveUpHeldAsync(
        FileState file, object listener, CallMode mode, CancellationToken cancellationToken)
    {
        if (!file.HasSection) return true;
        if (!file.IsIdle()) return false;

        // Flush and purge all of it; then give the section up, if nothing stayed and the file is still idle.
        var result = await new CoherentOperation(
            file, new Loader(file, evictor), new LengthAgreement(file, new PagesBehindEnd(file)))
            .RunAsync(listener, new ByteRange(0, long.MaxValue), CoherencyOptions.None, mode,
                cancellationToken).ConfigureAwait(false);
        if (!result.IsComplete || !file.IsIdle()) return false;
        evictor.ForgetFile(file);
        file.GiveUpSection(isStuck: false);
        return true;
    }

    /// <summary>Gives a file's section up in the background, if it is idle by then.</summary>
    internal void GiveUpSoon(FileState file) => cache.Scheduler.Post(() => _ = GiveUpInBackgroundAsync(file));

    private async Task GiveUpInBackgroundAsync(FileState file)
    {
        try
        {
            bool isTaken = await file
                .TryAcquireExclusiveAsync(CallMode.Async, CancellationToken.None).ConfigureAwait(false);
            if (!isTaken) return;
        }
        catch (IOException)
        {
            // The store does not answer: the file keeps its section.
            return;
        }

        try
        {
            _ = await GiveUpHeldAsync(file, this, CallMode.Async, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The file keeps its section and its pages; its own next flush reports the error.
            if (error is not WriteBackException) file.Errors.Add(new ByteRange(0, long.MaxValue), error);
        }
        finally
        {
            file.ReleaseExclusive();
        }
    }

    /// <summary>
    /// Has an idle file give its section up. A store that may be built on the caller's file is called on another
    /// thread: it may have handed the call that waits here to a thread of its own, and would wait for itself.
    /// </summary>
    /// <returns>Whether that ended, with or without success, within the time that the caller waits for it.</returns>
    private async ValueTask<bool> TryGiveUpAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        if (file.CallsLeadNowhere)
        {
            await GiveUpIfFreeAsync(file, mode, cancellationToken).ConfigureAwait(false);
            return true;
        }

        var ended = new Signal();
        try
        {
            Action work = () => _ = GiveUpElsewhereAsync(file, mode, ended);
            if (mode == CallMode.Blocking) cache.Scheduler.PostBlocking(work);
            else cache.Scheduler.Post(work);
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread: the file keeps its section.
            return true;
        }

        await ended.WaitAsync(mode, cache.Scheduler, OtherStoreTime, cancellationToken).ConfigureAwait(false);
        return ended.IsSet;
    }

    private async Task GiveUpElsewhereAsync(FileState file, CallMode mode, Signal ended)
    {
        try
        {
            await GiveUpIfFreeAsync(file, mode, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            ended.Set(cache.Scheduler);
        }
    }

    private async ValueTask GiveUpIfFreeAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        if (!file.TryAcquireExclusive()) return;
        try
        {
            _ = await GiveUpHeldAsync(file, this, mode, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The file keeps its section and its pages. Its own next flush reports the error, not the caller's file.
            if (error is not WriteBackException) file.Errors.Add(new ByteRange(0, long.MaxValue), error);
        }
        finally
        {
            file.ReleaseExclusive();
        }
    }
}
