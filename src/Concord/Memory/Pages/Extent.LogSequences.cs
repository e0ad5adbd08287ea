namespace Concord.Memory;

// Which pages describe changes that a log has to have first. Files without a log have no state for it.
internal sealed partial class Extent
{
    private long[]? _logSequences;

    /// <summary>
    /// Pages with a number: one is kept until a good barrier covers the page and nothing has changed it since.
    /// </summary>
    internal ulong Logged { get; private set; }

    /// <summary>A lease's holder is about to change pages, or has just filled them; the highest number stays.</summary>
    internal void NoteLogLocked(ulong pages, long sequence)
    {
        Require((pages & ~HeldByLease) == 0, "only who holds a page says what it carries");
        var sequences = _logSequences ??= new long[PageGeometry.PagesPerExtent];
        for (ulong rest = pages; rest != 0; rest &= rest - 1)
        {
            int page = PageMask.First(rest);
            bool hasOne = (Logged >> page & 1) != 0;
            sequences[page] = hasOne ? Math.Max(sequences[page], sequence) : sequence;
        }

        Logged |= pages;
        CheckLocked();
    }

    /// <summary>The highest number of some pages; 0 when none carries one.</summary>
    internal long LogSequenceLocked(ulong pages)
    {
        long highest = 0;
        for (ulong rest = pages & Logged; rest != 0; rest &= rest - 1)
        {
            highest = Math.Max(highest, _logSequences![PageMask.First(rest)]);
        }

        return highest;
    }

    /// <summary>
    /// The numbers of these pages are forgotten: their changes are durable in the store, or were given up.
    /// </summary>
    private void ForgetLogLocked(ulong pages) => Logged &= ~pages;
}
