using Concord.Scheduling;

namespace Concord.Memory;

/// <summary>
/// One claim of absent pages that a call fills: the pages, the epoch in which it began, and its result. A thread that
/// answers a fault claims its pages without one.
/// </summary>
/// <remarks>
/// Most loads end before another call waits for them. So a thread reuses the object of its last load, unless a call
/// waited for that load and may still read the object.
/// </remarks>
internal sealed class PageLoad
{
    [ThreadStatic]
    private static PageLoad? Spare;

    private Signal? _ended;

    private PageLoad()
    {
    }

    internal ulong Pages { get; private set; }

    /// <summary>
    /// A load whose epoch is over when it ends must not publish what it read: it may be older than a purge.
    /// </summary>
    internal long Epoch { get; private set; }

    /// <summary>
    /// Whether the bytes are assembled outside the section, since views would show a page half filled.
    /// </summary>
    internal bool IsStaged { get; private set; }

    /// <summary>Why the load failed; the calls that waited for it fail with the same error.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>Begins a load. Called with the extent's lock held, as is everything below.</summary>
    internal static PageLoad BeginLocked(ulong pages, long epoch, bool isStaged)
    {
        var load = Spare ?? new PageLoad();
        Spare = null;
        (load.Pages, load.Epoch, load.IsStaged, load.Error) = (pages, epoch, isStaged, null);
        return load;
    }

    /// <summary>
    /// The signal of the load's end, with or without an error. From now on the object is not reused.
    /// </summary>
    internal Signal WaitLocked() => _ended ??= new Signal();

    internal void EndLocked(Exception? error, CacheScheduler scheduler)
    {
        // A spare object stays with its thread: it must not keep the error, which is the store's.
        if (_ended is null)
        {
            Spare = this;
            return;
        }

        Error = error;
        _ended.Set(scheduler);
    }
}
