using System.Runtime.CompilerServices;

namespace Concord.Caching;

/// <summary>
/// How far a file reaches by what one thread has appended, which raises this mark in each call instead of taking the
/// lock of <see cref="FileSizes"/>. Everybody who asks for a length reads it. It never sinks.
/// </summary>
/// <remarks>
/// The thread raises the mark first and then looks whether it has been stopped; whoever stops it sets that first and
/// then, after a fence of all processors, reads the mark. So an end that the one does not see, the other tells with the
/// lock.
/// </remarks>
internal sealed class AppendMark
{
    private long _end = -1;
    private volatile bool _isStopped = true;

    /// <summary>The end of what was appended.</summary>
    internal long End => Volatile.Read(ref _end);

    /// <summary>Whether the thread takes the lock again.</summary>
    internal bool IsStopped => _isStopped;

    /// <summary>Called with the lock held, by the mark's thread.</summary>
    internal void Begin(long end)
    {
        Volatile.Write(ref _end, end);
        _isStopped = false;
    }

    /// <summary>Raises the mark. Called by its thread.</summary>
    /// <returns>Whether that was in time; otherwise the end must be told with the lock.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRaise(long end)
    {
        Volatile.Write(ref _end, end);
        return !_isStopped;
    }

    internal void Stop() => _isStopped = true;
}
