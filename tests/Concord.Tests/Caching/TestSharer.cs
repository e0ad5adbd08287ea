using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>A sharer that a test plays: it counts what it is asked, and does what the test says.</summary>
internal sealed class TestSharer : ISharer
{
    private int _collections;
    private int _invalidations;

    public bool IsUserView { get; init; }

    internal Func<ByteRange, bool> Writes { get; set; } = static _ => false;

    internal Func<ByteRange, bool> Shown { get; set; } = static _ => true;

    internal Action<ByteRange> OnCollect { get; set; } = static _ => { };

    internal Func<ByteRange, IReadOnlyList<LeftRange>> OnInvalidate { get; set; } = static _ => [];

    internal int Collections => _collections;

    internal int Invalidations => _invalidations;

    public bool Shows(ByteRange range) => Shown(range);

    public bool CanWrite(ByteRange range) => Writes(range);

    public ValueTask CollectWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _collections);
        OnCollect(range);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _invalidations);
        return new ValueTask<IReadOnlyList<LeftRange>>(OnInvalidate(range));
    }

    /// <summary>
    /// Writes down as a mount does: paging I/O, which passes while the file is held, and into a page that is there also
    /// while it is suspended.
    /// </summary>
    internal static void WriteDown(FileServices services, long offset, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var piece = ExtentSlice.Of(offset, bytes.Length);
            var extent = services.State.EnsureExtent(piece.Extent);
            lock (extent)
            {
                if ((extent.Resident & ~extent.Writing & piece.Pages) == piece.Pages)
                {
                    PageCopy.Copy(bytes, extent.BytesAt(piece.Inside, piece.Length), piece.Inside);
                    extent.MarkDirty(piece.Pages);
                    return;
                }
            }

            SyncCompletion.Wait(services.Loader.EnsureResidentAsync(piece.Extent, piece.Pages, CallMode.Blocking,
                CancellationToken.None));
        }
    }
}
