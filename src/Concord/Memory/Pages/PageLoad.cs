using Concord.Scheduling;

namespace Concord.Memory;

/// <summary>
/// One claim of absent pages that a call fills: the pages, the purge epoch it began in, and how it ended. A thread that
/// answers a fault claims its pages without one.
/// </summary>
/// <remarks>
/// Most loads end before anybody waits for them. So a thread uses the object of its last load again, unless somebody
/// waited for that load: then the object is left to who waited.
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

    /// <summary>Why the load failed; who waited for it fails with the same error.</summary>
    internal Exception? Error { get; private set; }

    /// <summary>Begins one. Called with the extent's lock held, as everything below.</summary>
    internal static PageLoad BeginLocked(ulong pages, long epoch, bool isStaged)
    {
        var load = Spare ?? new PageLoad();
        Spare = null;
        (load.Pages, load.Epoch, load.IsStaged, load.Error) = (pages, epoch, isStaged, null);
        return load;
    }

    /// <summary>
    /// Joins those who wait for the end, in whatever way it comes; the object is theirs too from now on.
    /// </summary>
    internal Signal WaitLocked() => _ended ??= new Signal();

    internal void EndLocked(Exception? error, CacheScheduler scheduler)
    {
        Error = error;
        if (_ended is null) Spare = this;
        else _ended.Set(scheduler);
    }
}
