namespace Concord.Memory;

// The log numbers of pages, whose changes a log must have first. Files without a log have no state for it.
internal sealed partial class Extent
{
    private long[]? _logSequences;
    private long[]? _oldestSequences;

    /// <summary>
    /// Pages with a number: it is kept until a good barrier covers the page and the page was not changed since.
    /// </summary>
    internal ulong Logged { get; private set; }

    /// <summary>
    /// Notes the number of changes that a lease's holder is about to make, or has made; keeps the highest and the
    /// lowest.
    /// </summary>
    internal void NoteLogLocked(ulong pages, long sequence)
    {
        Require((pages & ~HeldByLease) == 0, "only who holds a page says what it carries");
        var sequences = _logSequences ??= new long[PageGeometry.PagesPerExtent];
        var oldest = _oldestSequences ??= new long[PageGeometry.PagesPerExtent];
        for (ulong rest = pages; rest != 0; rest &= rest - 1)
        {
            int page = PageMask.First(rest);
            bool hasOne = (Logged >> page & 1) != 0;
            sequences[page] = hasOne ? Math.Max(sequences[page], sequence) : sequence;
            oldest[page] = hasOne ? Math.Min(oldest[page], sequence) : sequence;
        }

        Logged |= pages;
        CheckLocked();
    }

    /// <summary>The highest number of the pages; 0 if none has one.</summary>
    internal long LogSequenceLocked(ulong pages)
    {
        long highest = 0;
        for (ulong rest = pages & Logged; rest != 0; rest &= rest - 1)
        {
            highest = Math.Max(highest, _logSequences![PageMask.First(rest)]);
        }

        return highest;
    }

    /// <summary>The lowest number of the pages since they were durable; 0 if none has one.</summary>
    internal long OldestLogSequenceLocked(ulong pages)
    {
        long lowest = 0;
        for (ulong rest = pages & Logged; rest != 0; rest &= rest - 1)
        {
            long oldest = _oldestSequences![PageMask.First(rest)];
            lowest = lowest == 0 ? oldest : Math.Min(lowest, oldest);
        }

        return lowest;
    }

    /// <summary>
    /// Forgets the numbers of pages: their changes are durable in the store, or were given up.
    /// </summary>
    private void ForgetLogLocked(ulong pages) => Logged &= ~pages;
}
