namespace Concord.Memory;

/// <summary>
/// Counts the pages of one file that a flush has work with: dirty, being written, unstable, suspended, or under a lease
/// for writing. A page of which two are true counts twice.
/// </summary>
/// <remarks>
/// Every change adds what becomes true before it subtracts what is true no longer. So the count is never 0 while a page
/// moves from one of these states to the next; it may be above 0 for a moment when there is no such page.
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

    /// <summary>
    /// Whether a flush has nothing to do: every page is clean, durable, not suspended, and not leased for writing.
    /// </summary>
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
