namespace Concord.Interop;

/// <summary>
/// What this process may read. An answer holds at the moment of the call: the caller must not have a range unmapped or
/// truncated while it is in use.
/// </summary>
internal abstract class AddressSpace
{
    /// <summary>
    /// Finds the first part of a range that cannot be read. Loads only a bounded number of pages, and takes a time that
    /// grows with the number of mappings and not with the length.
    /// </summary>
    /// <param name="start">The first byte.</param>
    /// <param name="end">One byte past the last; above <paramref name="start"/>.</param>
    /// <param name="mapped">Receives the range, cut up by mapping, in order, when all of it can be read.</param>
    /// <returns>The part that cannot be read, or null.</returns>
    internal abstract UnreadableRange? Examine(nuint start, nuint end, List<MappedRange> mapped);

    /// <summary>
    /// Finds the next run of a mapped range that may be touched and has lines, and makes it present.
    /// </summary>
    /// <param name="mapped">A range that <see cref="Examine"/> returned.</param>
    /// <param name="from">Where to begin; inside the range.</param>
    /// <param name="run">The run; empty at the end of the range when nothing is left.</param>
    /// <returns>The part that could not be read after all, or null.</returns>
    internal virtual UnreadableRange? NextRun(in MappedRange mapped, nuint from, out (nuint Start, nuint End) run)
    {
        run = (from, mapped.End);
        return null;
    }
}
