using System.Diagnostics;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>The sharers of a file that has none: each answer lets the caller go on.</summary>
internal sealed class NoSharers : ISharers
{
    private NoSharers()
    {
    }

    internal static NoSharers Instance { get; } = new();

    public bool AreNone => true;

    public bool HaveViews => false;

    public int WritableViews => 0;

    public bool CanWrite(ByteRange range) => false;

    public bool HasWritableView(ByteRange range) => false;

    public ulong PagesWritable(long extent) => PageMask.None;

    public ulong PagesShown(long extent, ulong pages) => PageMask.None;

    public ulong PagesMappedLocked(Extent extent, ulong pages) => PageMask.None;

    public ValueTask CollectWritesAsync(
        ByteRange range, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken) => default;

    public ValueTask CollectViewWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken) =>
        default;

    public ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CoherencyOptions options, List<(Extent Extent, ulong Pages)> frozen, CallMode mode,
            CancellationToken cancellationToken) =>
        new([]);

    public ValueTask InvalidateCopiesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken) =>
        default;

    public ulong PagesFreshLocked(Extent extent) => PageMask.None;

    public void Unfreeze(List<(Extent Extent, ulong Pages)> frozen)
    {
        // Nothing was frozen.
    }

    public void FreezeForWrite(List<(Extent Extent, ulong Pages)> parts, List<(Extent Extent, ulong Pages)> frozen)
    {
        // No view can write the pages unseen: nothing has to be frozen.
    }

    public void UnfreezeWritten(ByteRange run, List<(Extent Extent, ulong Pages)> frozen)
    {
        // Nothing was frozen.
    }

    public (ulong Pages, ulong Frozen) UnmapForEviction(Extent extent, ulong pages) => (pages, PageMask.None);

    public ulong StillUnmappedLocked(Extent extent, ulong pages, ulong frozen) => pages;

    public void ClaimDroppedLocked(Extent extent, ulong pages, List<(Extent Extent, ulong Pages)> claimed)
    {
        // Purged memory stays until the capacity asks for it.
    }

    public void GiveBack(List<(Extent Extent, ulong Pages)> claimed) =>
        Debug.Assert(claimed.Count == 0, "nothing is claimed where nothing is staged");

    public void Punch(Section section, ByteRange range) => section.GiveBack(range);

    public void UnmappedLocked(Extent extent, ulong pages)
    {
        // No view had them.
    }

    public Exception? Publish(Extent extent, PageLoad load, StagingBlock staging, Exception? failure) =>
        throw new UnreachableException("without views pages are loaded in place");

    public void PublishOverwritten(Extent extent, PageLoad claim, StagingBlock staging, long end) =>
        throw new UnreachableException("without views pages are overwritten in place");

    public void WakeLocked(Extent extent, ulong pages)
    {
        // No thread waits inside a view.
    }
}
