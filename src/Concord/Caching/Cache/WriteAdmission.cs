using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Admits writes. Each that does not hit counts the pages that it is about to make dirty before it does so, and keeps
/// them counted until they are. So many writes at once keep the limits as one would.
/// </summary>
/// <remarks>
/// One file takes at most four fifths of seven eighths of the capacity with pages that are not durable, a second file
/// four fifths of the rest, and so on. A write that finds no room cleans its file. If that fails, the write fails. If
/// the file has nothing to write, since other files take the room, the write is admitted beyond the dirty limit, within
/// the file's share or by a small piece. While its store fails, or nothing is left to share, only one write of a file
/// at a time is: so files that cannot be written leave an eighth of memory to reads and to other files.
/// </remarks>
internal sealed class WriteAdmission(CacheState cache)
{
    /// <summary>How many times the free pages one file may take.</summary>
    private const int ShareOfFree = 4;

    /// <summary>The part of the capacity that is left to others: one in so many pages.</summary>
    private const int Headroom = 8;

    /// <summary>How many hits at once must not pass the dirty limit together.</summary>
    private const int HitsMax = 64;

    /// <summary>The part of the free pages that one write beyond the limits may take: one in so many.</summary>
    private const int PieceOfFree = 64;

    /// <summary>
    /// How long a write waits in all for others of a file that fails: these may wait for what the caller holds.
    /// </summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(100);

    // _gate owns everything below, and the admitted writes of every file.
    private readonly Lock _gate = new();
    private long _pages;
    private Signal _ended = new();

    /// <summary>How many pages writes are about to make dirty.</summary>
    internal long Pages => Volatile.Read(ref _pages);

    /// <summary>The part of the capacity that files may have taken when all are served.</summary>
    private long Shareable => cache.CapacityPages - (cache.CapacityPages / Headroom);

    private long FreeToShare =>
        Math.Max(0, Shareable - cache.Counters.Dirty - cache.Counters.Unsettled - Pages);

    /// <summary>
    /// Whether the shares of files matter: pages wait for a barrier, or more pages wait for their stores than may be
    /// dirty.
    /// </summary>
    private bool AreShared(bool owesBarrier) =>
        owesBarrier || cache.Counters.Dirty + cache.Counters.Unsettled + Pages >= cache.DirtyPagesMax;

    /// <summary>
    /// Whether a write of so many bytes may hit without being admitted: it keeps the dirty limit, and leaves some
    /// memory that is not dirty, also if <see cref="HitsMax"/> threads write as much at the same time.
    /// </summary>
    internal bool MayHit(int bytes)
    {
        long room = Math.Min(cache.DirtyPagesMax, Shareable) - cache.Counters.Dirty - Pages;
        return room > 0 && (bytes <= 4 * PageGeometry.PageBytes || bytes / PageGeometry.PageBytes <= room / HitsMax);
    }

    /// <summary>Whether a file has more than its share.</summary>
    internal bool IsTooMuch(MemoryDemand demand) =>
        demand.Pages > ShareOfFree * FreeToShare && AreShared(demand.OwesBarrier);

    /// <summary>Whether little is left for files to share: then what other files have should be cleaned.</summary>
    internal bool IsShort => FreeToShare <= cache.CapacityPages / Headroom;

    /// <summary>Admits a write, if there is room.</summary>
    /// <param name="writes">The file's admitted writes.</param>
    /// <param name="demand">What the file has that is not durable.</param>
    /// <param name="wanted">How many pages the write would make dirty.</param>
    /// <param name="pass">What the write has done for room.</param>
    /// <returns>How many pages it may make dirty; none if it has to clean the file first, or again.</returns>
    internal int TryBegin(AdmittedWrites writes, MemoryDemand demand, int wanted, WritePass pass)
    {
        if (pass.IsUnlimited) return wanted;
        lock (_gate)
        {
            // Within the limits, a write may take what is left.
            var own = demand with { Pages = demand.Pages + writes.Pages };
            long byLimit = cache.DirtyPagesMax - cache.Counters.Dirty - _pages;
            long byShare = ((ShareOfFree * FreeToShare) - own.Pages) / (ShareOfFree + 1);
            long pages = Math.Min(wanted, AreShared(own.OwesBarrier) ? Math.Min(byLimit, byShare) : byLimit);
            if (pages <= 0)
            {
                // Beyond them it must have cleaned the file. Where the store fails or nothing is left to share, it must
                // also be alone.
                if (!pass.HasCleaned || (MustBeAlone(own) && !IsAloneLocked(writes, own, pass))) return 0;
                long piece = FreeToShare / PieceOfFree;
                pages = Math.Clamp(own.IsFailing ? piece : Math.Max(byShare, piece), 1, wanted);
            }

            writes.Number++;
            writes.Pages += pages;
            Volatile.Write(ref _pages, _pages + pages);
            return (int)pages;
        }
    }

    private bool MustBeAlone(MemoryDemand demand) => demand.IsFailing || FreeToShare == 0;

    /// <summary>
    /// Whether no other write of a file has begun since it was cleaned. One that does not end may wait for the caller:
    /// both go on while the file has its share.
    /// </summary>
    private bool IsAloneLocked(AdmittedWrites writes, MemoryDemand own, WritePass pass) =>
        (writes.Pages == 0 && writes.Number == pass.Number) || (pass.HasWaited && !IsTooMuch(own));

    /// <summary>Ends what <see cref="TryBegin"/> has begun: the pages are dirty, or the write has failed.</summary>
    internal void End(AdmittedWrites writes, int pages, WritePass pass)
    {
        if (pages == 0 || pass.IsUnlimited) return;
        Signal? ended = null;
        lock (_gate)
        {
            writes.Number++;
            writes.Pages -= pages;
            Volatile.Write(ref _pages, _pages - pages);
            if (writes.IsAwaited) (ended, _ended) = (_ended, new Signal());
            writes.IsAwaited = false;
        }

        ended?.Set(cache.Scheduler);
    }

    /// <summary>
    /// The pass of a write that cleans the file next. Where it must be alone, waits first until no other write of the
    /// file is under way, for a while at most.
    /// </summary>
    internal async ValueTask<WritePass> BeginCleaningAsync(
        AdmittedWrites writes, MemoryDemand demand, CallMode mode, CancellationToken cancellationToken)
    {
        var time = cache.Scheduler.Time;
        long began = time.GetTimestamp();
        while (true)
        {
            Signal ended;
            lock (_gate)
            {
                if (writes.Pages == 0 || !MustBeAlone(demand))
                    return new WritePass { HasCleaned = true, Number = writes.Number };

                writes.IsAwaited = true;
                ended = _ended;
            }

            await ended.WaitAsync(mode, cache.Scheduler, WaitMax, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!ended.IsSet || time.GetElapsedTime(began) >= WaitMax)
                return new WritePass { HasCleaned = true, HasWaited = true };
        }
    }
}
