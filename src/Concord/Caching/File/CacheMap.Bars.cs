using Concord.Memory;

namespace Concord.Caching;

// The bars of a file, while stores are written below them.
internal sealed partial class CacheMap
{
    private Bar[] _bars = [];

    /// <summary>A bar is about to be set; called with the file held exclusively, as the next.</summary>
    internal void AddBar(Bar bar)
    {
        ThrowIfBarred(bar.Range);
        Volatile.Write(ref _bars, [.. _bars, bar]);
    }

    internal void RemoveBar(Bar bar) => Volatile.Write(ref _bars, [.. _bars.Where(other => other != bar)]);

    /// <summary>
    /// For calls that have the file: while a range is barred that is its holder, or the store that he writes, and neither
    /// may wait for what only he can end.
    /// </summary>
    /// <exception cref="InvalidOperationException">A bar lies over some of the range's pages.</exception>
    internal void ThrowIfBarred(ByteRange range)
    {
        foreach (var bar in Volatile.Read(ref _bars))
        {
            if (!bar.Pages.Overlaps(range.RoundOut(PageGeometry.PageBytes))) continue;
            throw new InvalidOperationException(
                $"{bar.Range} of {Store.Name} is barred while its store is written, and {range} meets it: lift the bar first");
        }
    }
}
