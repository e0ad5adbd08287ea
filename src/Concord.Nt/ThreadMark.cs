namespace Concord.Nt;

/// <summary>
/// A thread as the owner of locks. Numbers of threads are used again; of these each thread has its own, for good.
/// </summary>
internal sealed class ThreadMark
{
    /// <summary>
    /// The lowest two bits of a thread's number are 0: with both set, a number names an owner that is no thread.
    /// </summary>
    private const int NumberShift = 2;

    private static long Latest;

    [ThreadStatic]
    private static ThreadMark? OfThread;

    private readonly Thread _thread = Thread.CurrentThread;

    private ThreadMark() => Number = (nuint)Interlocked.Increment(ref Latest) << NumberShift;

    /// <summary>That of the calling thread.</summary>
    internal static ThreadMark Current => OfThread ??= new ThreadMark();

    /// <summary>A number that no other thread of the process has or gets. (NT: ERESOURCE_THREAD.)</summary>
    internal nuint Number { get; }

    /// <summary>Whether the thread has ended.</summary>
    internal bool HasEnded => !_thread.IsAlive;
}
