using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

// Operations under way that other calls must not cross: suspended ranges, a cut, and a growth below the cache.
internal sealed partial class FileState
{
    private Suspension[] _suspensions = [];
    private FileCut? _cut;
    private int _growths;

    /// <summary>Adds a range that is about to be suspended. Called with the file held exclusively.</summary>
    internal void AddSuspension(Suspension suspension)
    {
        ThrowIfSuspended(suspension.Range);
        Volatile.Write(ref _suspensions, [.. _suspensions, suspension]);
    }

    internal void RemoveSuspension(Suspension suspension) =>
        Volatile.Write(ref _suspensions, [.. _suspensions.Where(other => other != suspension)]);

    /// <summary>
    /// For calls that have the file's hold. While a range is suspended, such a call comes from its holder, or from the
    /// store that the holder writes. Neither may wait for the end of the suspension, which only the holder can bring
    /// about.
    /// </summary>
    /// <exception cref="InvalidOperationException">A suspension covers some of the range's pages.</exception>
    internal void ThrowIfSuspended(ByteRange range)
    {
        foreach (var suspension in Volatile.Read(ref _suspensions))
        {
            if (!suspension.PageRange.Overlaps(range.RoundOut(PageGeometry.PageBytes))) continue;
            throw new InvalidOperationException(
                $"{suspension.Range} of {Store.Label} is suspended while its store is written, and {range} meets it: "
                    + "resume it first");
        }
    }

    /// <summary>
    /// Begins a cut: sharers' writes behind the new end wait until it has ended. Called with the file held exclusively.
    /// </summary>
    internal void BeginCut(long length) => Interlocked.Exchange(ref _cut, new FileCut(length));

    /// <summary>Ends the cut, also after a failure: the writes that waited look again.</summary>
    internal void EndCut() => Interlocked.Exchange(ref _cut, null)?.Ended.Set(Scheduler);

    /// <summary>
    /// The signal that a sharer's write up to <paramref name="end"/> waits for: the end of a cut that drops some of its
    /// bytes; or null.
    /// </summary>
    internal Signal? CutMeeting(long end) => Volatile.Read(ref _cut) is { } cut && end > cut.Length ? cut.Ended : null;

    /// <summary>
    /// Pages of an extent that a cut under way drops, wholly or in part. What views write there meanwhile is not
    /// written back: it would make the store longer again.
    /// </summary>
    internal ulong PagesBeingCut(long index) => Volatile.Read(ref _cut) is { } cut
        ? PageGeometry.PagesOf(index, ByteRange.FromBounds(cut.Length, long.MaxValue))
        : PageMask.None;

    /// <summary>
    /// Begins to take over what another program appended: views get no page behind the end until the file is longer, or
    /// its zeros would stay where the appended bytes are. Several threads of the file's holder may do so at once.
    /// </summary>
    internal void BeginGrowth() => Interlocked.Increment(ref _growths);

    /// <summary>Ends it, also after a failure: the threads inside views that waited look again.</summary>
    /// <param name="length">How long the file was when it began.</param>
    internal void EndGrowth(long length)
    {
        Interlocked.Decrement(ref _growths);
        foreach (var extent in Extents.In(ByteRange.FromBounds(length, long.MaxValue)))
        {
            lock (extent)
            {
                if (!extent.IsRetired) extent.ThawLocked(PageMask.None, Scheduler);
            }
        }
    }

    /// <summary>
    /// Pages of an extent that no view may get now: they lie wholly behind the end, where a growth is under way.
    /// </summary>
    internal ulong PagesBehindGrowth(long index) => Volatile.Read(ref _growths) == 0
        ? PageMask.None
        : PageGeometry.WholePagesOf(index, ByteRange.FromBounds(Sizes.Length, long.MaxValue));

    private sealed class FileCut(long length)
    {
        internal long Length { get; } = length;

        internal Signal Ended { get; } = new();
    }
}
