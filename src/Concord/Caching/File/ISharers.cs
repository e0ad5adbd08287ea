using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Everybody above the section who has copies of a file's pages: this process's views, a mount, other nodes. What they
/// are asked before pages are flushed, written back, cut or dropped, and what they are told. A hit asks them nothing,
/// and a miss does not ask what they wrote. <see cref="NoSharers"/> stands for nobody.
/// </summary>
/// <remarks>Whatever ends in <c>Locked</c> needs the extent's lock; nothing else may be called with one.</remarks>
internal interface ISharers : IPageWaker
{
    /// <summary>Whether nobody above has copies.</summary>
    bool AreNone { get; }

    /// <summary>Whether views of this process are among them.</summary>
    bool HaveViews { get; }

    /// <summary>How many views can write the file somewhere.</summary>
    int WritableViews { get; }

    /// <summary>Whether somebody above can write a part of a range.</summary>
    bool CanWrite(ByteRange range);

    /// <summary>Whether a view open for writing shows a part of a range: what it writes is found by looking.</summary>
    bool HasWritableView(ByteRange range);

    /// <summary>The pages of an extent that views open for writing show.</summary>
    ulong PagesWritable(long extent);

    /// <summary>Which of an extent's pages a view shows.</summary>
    ulong PagesShown(long extent, ulong pages);

    /// <summary>Which of an extent's pages some view has translations of.</summary>
    ulong PagesMappedLocked(Extent extent, ulong pages);

    /// <summary>What they changed and the section does not know of becomes dirty in the section.</summary>
    /// <param name="range">The bytes.</param>
    /// <param name="options">
    /// Whether the caller promises that there are no views; one that can write is asked all the same.
    /// </param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops between two sharers.</param>
    ValueTask CollectWritesAsync(
        ByteRange range, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken);

    /// <summary>The same of views alone, for who writes back in the background.</summary>
    ValueTask CollectViewWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken);

    /// <summary>They drop their copies, or say which they could not drop.</summary>
    /// <param name="range">The bytes.</param>
    /// <param name="options">Whether the caller promises that there are no views.</param>
    /// <param name="frozen">Receives pages that views do not map again before <see cref="Unfreeze"/>.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops between two sharers.</param>
    ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CoherencyOptions options, List<(Extent Extent, ulong Pages)> frozen, CallMode mode,
            CancellationToken cancellationToken);

    /// <summary>
    /// Those with copies of their own, which views are not, drop them; what they cannot drop is stale.
    /// </summary>
    ValueTask InvalidateCopiesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken);

    /// <summary>
    /// Pages that a view open for writing may have mapped since the invalidation: they stay this time.
    /// </summary>
    ulong PagesFreshLocked(Extent extent);

    /// <summary>What could be dropped has been: threads may map these pages again. Empties the list.</summary>
    void Unfreeze(List<(Extent Extent, ulong Pages)> frozen);

    /// <summary>
    /// Takes pages out of the views open for writing while the store is given their memory: whoever touches one waits.
    /// What was written last is in them and counts as dirty once more.
    /// </summary>
    /// <param name="parts">The pages of a run.</param>
    /// <param name="frozen">Receives those that stand still; the others have to be copied.</param>
    void FreezeForWrite(List<(Extent Extent, ulong Pages)> parts, List<(Extent Extent, ulong Pages)> frozen);

    /// <summary>
    /// A run that stood still has been written: threads may map its pages again, and the cache itself will hardly.
    /// </summary>
    void UnfreezeWritten(ByteRange run, List<(Extent Extent, ulong Pages)> frozen);

    /// <summary>Takes pages out of the views for an eviction, so that what was written in them is known.</summary>
    /// <returns>The pages that may go if they are clean, and those that are to be thawed after that.</returns>
    (ulong Pages, ulong Frozen) UnmapForEviction(Extent extent, ulong pages);

    /// <summary>What may still go of the pages that <see cref="UnmapForEviction"/> found.</summary>
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

    /// <summary>Gives memory back; false if the system refuses that, and it is still there.</summary>
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

    /// <summary>No view can write these pages unseen any more.</summary>
    void UnmappedLocked(Extent extent, ulong pages);

    /// <summary>Ends a load whose bytes were assembled in staging memory: the pages appear in one step each.</summary>
    /// <returns>Why the load failed, or null.</returns>
    Exception? Publish(Extent extent, PageLoad load, StagingBlock staging, Exception? failure);

    /// <summary>Publishes pages that a caller overwrote whole: they appear with the new bytes, and are dirty.</summary>
    /// <exception cref="IOException">There is no memory; nothing was written.</exception>
    void PublishOverwritten(Extent extent, PageLoad claim, StagingBlock staging, long end);
}
