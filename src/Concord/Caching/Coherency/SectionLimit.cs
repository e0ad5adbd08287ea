using Concord.Scheduling;
using Concord.Stores;

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
internal sealed class SectionLimit(CacheState cache, CacheFiles files, Evictor evictor) : ISpareHolder
{
    /// <summary>Where the system has nothing left, one of so many files gives its section up.</summary>
    private const int ShareGivenUp = 16;

    /// <summary>Returns when a file may get a section, if it has none; the caller holds nothing.</summary>
    internal ValueTask MakePlaceAsync(FileState file, CallMode mode, CancellationToken cancellationToken) =>
        HasPlaceFor(file) ? ValueTask.CompletedTask : GiveUpOldestAsync(file, mode, cancellationToken);

    /// <summary>Whether a file has a section, or may get one at once.</summary>
    internal bool HasPlaceFor(FileState file) => file.HasSection || files.SectionCount < cache.MaxSections;

    private async ValueTask GiveUpOldestAsync(FileState wanting, CallMode mode, CancellationToken cancellationToken)
    {
        // Twice round: the first time may find every file used.
        for (int tries = 2 * files.SectionCount; tries > 0 && files.SectionCount >= cache.MaxSections; tries--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            if (files.NextWithSection() is not { } oldest) return;
            if (oldest == wanting || !wanting.MayWaitFor(oldest) || oldest.TakeUse()) continue;
            await TryGiveUpAsync(oldest, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Has idle files give their sections up, the oldest first, because the system has no descriptor, no mapping or no
    /// address space left: a part of all, so that the rest of the process finds some too. The caller holds nothing.
    /// </summary>
    /// <returns>Whether one did.</returns>
    internal async ValueTask<bool> GiveUpSomeAsync(
        FileState? wanting, CallMode mode, CancellationToken cancellationToken)
    {
        int given = 0, wanted = 1 + (files.SectionCount / ShareGivenUp);

        // Twice round: the first time may find every file used.
        for (int tries = 2 * files.SectionCount; tries > 0 && given < wanted; tries--)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            if (files.NextWithSection() is not { } oldest) break;
            if (oldest == wanting || !MayAsk(wanting, oldest) || oldest.TakeUse()) continue;
            await TryGiveUpAsync(oldest, mode, cancellationToken).ConfigureAwait(false);
            if (!oldest.HasSection) given++;
        }

        return given > 0;
    }

    bool ISpareHolder.TryGiveUpSome() =>
        SyncCompletion.Result(GiveUpSomeAsync(wanting: null, CallMode.Blocking, CancellationToken.None));

    /// <summary>Who opens a file from within a call of a store waits for files below that one only.</summary>
    private static bool MayAsk(FileState? wanting, FileState other) => wanting is not null
        ? wanting.MayWaitFor(other)
        : StoreLevel.Caller is not { } caller || other.IsBelow(caller);

    /// <summary>
    /// Flushes and purges a file and gives its section up, if it is idle. Called with the file held exclusively.
    /// </summary>
    /// <returns>Whether it has no section any more.</returns>
    /// <exception cref="WriteBackException">The flush failed; it keeps its section and its pages.</exception>
    internal async ValueTask<bool> GiveUpHeldAsync(
        FileState file, object listener, CallMode mode, CancellationToken cancellationToken)
    {
        if (!file.HasSection) return true;
        if (!file.IsIdle()) return false;
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
            // It keeps its section and its pages. Its own flushers hear of it; the caller's file has nothing to do with
            // it.
            if (error is not WriteBackException) file.Errors.Add(new ByteRange(0, long.MaxValue), error);
        }
        finally
        {
            file.ReleaseExclusive();
        }
    }
}
