using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// A holder of copies above the section: user views, a mount (the kernel's page cache), another node. Its caller has
/// the file's hold, unless that is the lazy writer, and no lock and no claim of an extent.
/// </summary>
/// <remarks>
/// It reads and writes by paging I/O, at any time, also while the file is held. What it writes down
/// while it is asked to invalidate passes a suspension; what it reads waits for one, so an invalidation must not wait
/// for reads of the range that are under way.
/// </remarks>
internal interface ISharer
{
    /// <summary>
    /// Whether it shows pages to this process's own views, which a caller may promise there are none of.
    /// </summary>
    bool IsUserView { get; }

    /// <summary>Whether a range is open for writing there.</summary>
    bool CanWrite(ByteRange range);

    /// <summary>Whether it may have copies of a range. A view that was not touched there need not say so.</summary>
    bool Shows(ByteRange range) => true;

    /// <summary>
    /// Which pages have you changed that the section does not know of? Makes them dirty in the section.
    /// </summary>
    ValueTask CollectWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken);

    /// <summary>Drop your copies; which pages could you not drop?</summary>
    ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken);
}
