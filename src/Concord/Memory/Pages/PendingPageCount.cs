namespace Concord.Memory;

/// <summary>
/// Counts the pages of one file that a flush has to handle: dirty, being written, unstable, suspended, or under a lease
/// for writing. A page in two of these states counts twice.
/// </summary>
/// <remarks>
/// Every change adds the new states before it subtracts those that have ended. So the count is never 0 while a page
/// moves from one of these states to the next; it may be above 0 for a moment when there is no such page.
/// </remarks>
internal sealed class PendingPageCount
{
    private long _count;
    private long _held;
    private int _isListed;

    /// <summary>
    /// Called when a page becomes dirty, once until <see cref="Unlist"/>. The call that writes the page calls it, with
    /// pins and locks held: it must take no extent's lock and must not wait.
    /// </summary>
    internal Action? BecameDirty { get; set; }

    /// <summary>
    /// Whether a flush has nothing to do: every page is clean, durable, not suspended, and not leased for writing.
    /// </summary>
    internal bool IsZero => Volatile.Read(ref _count) == 0;

    internal long Count => Volatile.Read(ref _count);

    /// <summary>Whether pages are leased for writing, or suspended.</summary>
    internal bool HasHeld => Volatile.Read(ref _held) != 0;

    /// <summary>
    /// How many of them wait for the store: all that are not counted for a lease or a suspension.
    /// </summary>
    internal long Unkept => Count - Volatile.Read(ref _held);

    /// <summary>Notes that a page is dirty. Its mark is set before this is called.</summary>
    internal void NoteDirty()
    {
        if (Volatile.Read(ref _isListed) == 0 && Interlocked.Exchange(ref _isListed, 1) == 0) BecameDirty?.Invoke();
    }

    /// <summary>
    /// Has <see cref="BecameDirty"/> called again for the next dirty page. A full fence: look for dirty pages after it.
    /// </summary>
    internal void Unlist() => Interlocked.Exchange(ref _isListed, 0);

    internal void Add(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _count, pages);
    }

    /// <summary>Says how many of the pages that were added are leased for writing, or suspended.</summary>
    internal void AddHeld(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _held, pages);
    }
}
