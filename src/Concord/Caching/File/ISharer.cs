using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// A holder of copies above the section: user views, a mount (the kernel's page cache), another node. Its caller has
/// the file's hold, except the lazy writer, and has no extent's lock and no claim.
/// </summary>
/// <remarks>
/// It reads and writes by paging I/O, at any time, also while the file is held. A write that it makes during an
/// invalidation passes a suspension; a read waits for the suspension. So an invalidation must not wait for reads of the
/// range that are under way.
/// </remarks>
internal interface ISharer
{
    /// <summary>
    /// Whether it shows pages to views of this process. A caller may promise that there are none.
    /// </summary>
    bool IsUserView { get; }

    /// <summary>Whether it can write a part of a range.</summary>
    bool CanWrite(ByteRange range);

    /// <summary>Whether it may have copies of a range. A view that was not touched there may return false.</summary>
    bool Shows(ByteRange range) => true;

    /// <summary>
    /// Makes the pages that it has changed, and that the section does not know of, dirty in the section.
    /// </summary>
    ValueTask CollectWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken);

    /// <summary>Drops its copies of a range. Returns the pages that it could not drop.</summary>
    ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken);
}
