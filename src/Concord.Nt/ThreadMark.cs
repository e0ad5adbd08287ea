namespace Concord.Nt;

/// <summary>
/// A thread as the owner of locks. Numbers of threads are used again; of these each thread has its own, for good.
/// </summary>
internal sealed class ThreadMark
{
    [ThreadStatic]
    private static ThreadMark? OfThread;

    private ThreadMark()
    {
    }

    /// <summary>That of the calling thread.</summary>
    internal static ThreadMark Current => OfThread ??= new ThreadMark();
}
