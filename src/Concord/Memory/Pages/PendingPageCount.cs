namespace Concord.Memory;

/// <summary>
/// Counts what keeps the pages of one file from being settled: a page that is dirty counts, and so does one that is
/// being written, unstable, suspended or lent; a page of which two are true counts twice.
/// </summary>
/// <remarks>
/// A page moves from one of these to the next, and back when something fails. Every change adds what becomes true
/// before it takes off what is true no longer, so the count is never 0 while one page of the file is on its way. It
/// may be above 0 for a moment when there is none.
/// </remarks>
internal sealed class PendingPageCount
{
    private long _count;
    private int _isListed;

    /// <summary>
    /// Told when a page becomes dirty, once until <see cref="Unlist"/>. Called where the page is written, with pins and
    /// locks held: it takes no extent's lock and waits for nobody.
    /// </summary>
    internal Action? BecameDirty { get; set; }

    /// <summary>Whether every page of the file is clean, stable, not suspended, and lent to nobody.</summary>
    internal bool IsZero => Volatile.Read(ref _count) == 0;

    internal long Count => Volatile.Read(ref _count);

    /// <summary>A page is dirty now; its mark can be seen before this is called.</summary>
    internal void NoteDirty()
    {
        if (Volatile.Read(ref _isListed) == 0 && Interlocked.Exchange(ref _isListed, 1) == 0) BecameDirty?.Invoke();
    }

    /// <summary>The next dirty page is told of again. A full fence: look for dirty pages after it.</summary>
    internal void Unlist() => Interlocked.Exchange(ref _isListed, 0);

    internal void Add(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _count, pages);
    }
}
