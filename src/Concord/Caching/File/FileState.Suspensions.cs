using Concord.Memory;

namespace Concord.Caching;

// The suspensions of a file, while stores are written below them.
internal sealed partial class FileState
{
    private Suspension[] _suspensions = [];

    /// <summary>A suspension is about to be set; called with the file held exclusively, as the next.</summary>
    internal void AddSuspension(Suspension suspension)
    {
        ThrowIfSuspended(suspension.Range);
        Volatile.Write(ref _suspensions, [.. _suspensions, suspension]);
    }

    internal void RemoveSuspension(Suspension suspension) => Volatile.Write(ref _suspensions, [.. _suspensions.Where(other => other != suspension)]);

    /// <summary>
    /// For calls that have the file: while a range is suspended that is its holder, or the store that he writes, and neither
    /// may wait for what only he can end.
    /// </summary>
    /// <exception cref="InvalidOperationException">A suspension covers some of the range's pages.</exception>
    internal void ThrowIfSuspended(ByteRange range)
    {
        foreach (var suspension in Volatile.Read(ref _suspensions))
        {
            if (!suspension.PageRange.Overlaps(range.RoundOut(PageGeometry.PageBytes))) continue;
            throw new InvalidOperationException(
                $"{suspension.Range} of {Store.Name} is suspended while its store is written, and {range} meets it: resume it first");
        }
    }
}
