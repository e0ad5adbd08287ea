using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

// Operations under way that other calls must not cross: suspended ranges, a cut, and a growth below the cache.
internal sealed partial class FileState
{
    private Suspension[] _suspensions = [];
    private int _growths;

    // _cutGate owns the writing of _cuts. The file's holder may cut from several threads.
    private readonly Lock _cutGate = new();
    private FileCut[] _cuts = [];

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
    /// <returns>The cut. Dispose it at its end, also after a failure: the writes that waited look again.</returns>
    internal FileCut BeginCut(long length)
    {
        var cut = new FileCut(this, length);
        lock (_cutGate) Interlocked.Exchange(ref _cuts, [.. _cuts, cut]);
        return cut;
    }

    private void EndCut(FileCut cut)
    {
        lock (_cutGate) Interlocked.Exchange(ref _cuts, [.. _cuts.Where(other => other != cut)]);
        cut.Ended.Set(Scheduler);
    }

    /// <summary>
    /// The signal that a sharer's write up to <paramref name="end"/> waits for: the end of a cut that drops some of its
    /// bytes; or null.
    /// </summary>
    internal Signal? CutMeeting(long end)
    {
        foreach (var cut in Volatile.Read(ref _cuts))
        {
            if (end > cut.Length) return cut.Ended;
        }

        return null;
    }

    /// <summary>
    /// Pages of an extent that a cut under way drops, wholly or in part. What views write there meanwhile is not
    /// written back: it would make the store longer again.
    /// </summary>
    internal ulong PagesBeingCut(long index)
    {
        ulong pages = PageMask.None;
        foreach (var cut in Volatile.Read(ref _cuts))
        {
            pages |= PageGeometry.PagesOf(index, ByteRange.FromBounds(cut.Length, long.MaxValue));
        }

        return pages;
    }

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

    /// <summary>A cut under way.</summary>
    internal sealed class FileCut(FileState file, long length) : IDisposable
    {
        internal long Length { get; } = length;

        internal Signal Ended { get; } = new();

        public void Dispose() => file.EndCut(this);
    }
}
