namespace Concord.Nt;

/// <summary>
/// How deep the calling thread is inside FsRtlEnterFileSystem: there the kernel delivers it no ordinary asynchronous
/// procedure calls, which could suspend it with locks taken. A statement that the lock routines check.
/// </summary>
internal static class CriticalRegion
{
    [ThreadStatic]
    private static int Depth;

    internal static bool IsInside => Depth > 0;

    internal static void Enter() => Depth++;

    /// <returns>False, and nothing changed, if the thread is in none.</returns>
    internal static bool TryLeave()
    {
        if (Depth == 0) return false;
        Depth--;
        return true;
    }
}
