using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The holders of copies of a file's pages above the section: views of this process, a mount, other nodes. The calls
/// here are made before pages are flushed, written back, cut or dropped. A hit makes none, and a miss does not collect
/// their writes. <see cref="NoSharers"/> is the null object.
/// </summary>
/// <remarks>Whatever ends in <c>Locked</c> needs the extent's lock; nothing else may be called with one.</remarks>
internal interface ISharers : IPageWaker
{
    /// <summary>Whether there are no sharers.</summary>
    bool AreNone { get; }

    /// <summary>Whether views of this process are among them.</summary>
    bool HaveViews { get; }

    /// <summary>How many views can write the file somewhere.</summary>
    int WritableViews { get; }

    /// <summary>Whether a sharer can write a part of a range.</summary>
    bool CanWrite(ByteRange range);

    /// <summary>Whether a view open for writing shows a part of a range: what it writes is found by looking.</summary>
    bool HasWritableView(ByteRange range);

    /// <summary>The pages of an extent that views open for writing show.</summary>
    ulong PagesWritable(long extent);

    /// <summary>Which of an extent's pages a view shows.</summary>
    ulong PagesShown(long extent, ulong pages);

    /// <summary>Which of an extent's pages some view has translations of.</summary>
    ulong PagesMappedLocked(Extent extent, ulong pages);

    /// <summary>Makes what sharers changed, and the section does not know of, dirty in the section.</summary>
    /// <param name="range">The bytes.</param>
    /// <param name="options">
    /// Whether the caller promises that there are no views; a writable view is asked all the same.
    /// </param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops between two sharers.</param>
    ValueTask CollectWritesAsync(
        ByteRange range, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken);

    /// <summary>Collects the writes of views only, for write-back in the background.</summary>
    ValueTask CollectViewWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken);

    /// <summary>Has sharers drop their copies. Returns those that they could not drop.</summary>
    /// <param name="range">The bytes.</param>
    /// <param name="options">Whether the caller promises that there are no views.</param>
    /// <param name="frozen">Receives pages that views do not map again before <see cref="Unfreeze"/>.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops between two sharers.</param>
    ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CoherencyOptions options, List<(Extent Extent, ulong Pages)> frozen, CallMode mode,
            CancellationToken cancellationToken);

    /// <summary>
    /// Has sharers with copies of their own, which views have not, drop them; a copy that they cannot drop is stale.
    /// </summary>
    ValueTask InvalidateCopiesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken);

    /// <summary>
    /// Pages that a view open for writing may have mapped since the invalidation: they stay this time.
    /// </summary>
    ulong PagesFreshLocked(Extent extent);

    /// <summary>Ends the freeze after the drop: threads may map these pages again. Empties the list.</summary>
    void Unfreeze(List<(Extent Extent, ulong Pages)> frozen);

    /// <summary>
    /// Takes pages out of writable views while the store reads their memory: a thread that touches one waits. What
    /// views wrote before is in the pages and makes them dirty once more.
    /// </summary>
    /// <param name="parts">The pages of a run.</param>
    /// <param name="frozen">Receives the pages that cannot change; the others have to be copied.</param>
    void FreezeForWrite(List<(Extent Extent, ulong Pages)> parts, List<(Extent Extent, ulong Pages)> frozen);

    /// <summary>
    /// Ends the freeze after a run was written: threads may map its pages again.
    /// </summary>
    void UnfreezeWritten(ByteRange run, List<(Extent Extent, ulong Pages)> frozen);

    /// <summary>Takes pages out of the views for an eviction, so that what was written in them is known.</summary>
    /// <returns>The pages that may go if they are clean, and those to thaw after that.</returns>
    (ulong Pages, ulong Frozen) UnmapForEviction(Extent extent, ulong pages);

    /// <summary>Which pages that <see cref="UnmapForEviction"/> returned may still go.</summary>
    ulong StillUnmappedLocked(Extent extent, ulong pages, ulong frozen);

    /// <summary>Claims the memory of dropped pages where it has to go at once; nothing where it may stay.</summary>
    void ClaimDroppedLocked(Extent extent, ulong pages, List<(Extent Extent, ulong Pages)> claimed);

    /// <summary>Gives memory back that was claimed, out of every mapping, and ends the claims.</summary>
    /// <exception cref="IOException">
    /// The system did not take some back: those are resident again, with the bytes they had.
    /// </exception>
    void GiveBack(List<(Extent Extent, ulong Pages)> claimed);

    /// <summary>Gives the memory of claimed pages back to the system, out of the views first.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    void Punch(Section section, ByteRange range);

    /// <summary>Gives memory back; false if the system refuses, and the memory is still there.</summary>
    bool TryPunch(Section section, ByteRange range)
    {
        try
        {
            Punch(section, range);
            return true;
        }
        catch (IOException)
        {
            // The caller keeps what it could not give back.
            return false;
        }
    }

    /// <summary>Notes that no view can write these pages unseen.</summary>
    void UnmappedLocked(Extent extent, ulong pages);

    /// <summary>Ends a load whose bytes were assembled in staging memory: the pages appear in one step each.</summary>
    /// <returns>Why the load failed, or null.</returns>
    Exception? Publish(Extent extent, PageLoad load, StagingBlock staging, Exception? failure);

    /// <summary>Publishes pages that a caller overwrote whole: they appear with the new bytes, and are dirty.</summary>
    /// <exception cref="IOException">There is no memory; nothing was written.</exception>
    void PublishOverwritten(Extent extent, PageLoad claim, StagingBlock staging, long end);
}
