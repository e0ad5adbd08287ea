namespace Concord.Scheduling;

/// <summary>
/// What the present thread is in the middle of, for as long as it is. It belongs to the thread and allocates nothing;
/// what the thread runs of others meanwhile is no part of it.
/// </summary>
internal static class ThreadScope
{
    [ThreadStatic]
    private static object? Present;

    /// <summary>What the thread is in the middle of; null for nothing.</summary>
    internal static object? Current => Present;

    /// <summary>Begins something, or with null something that has nothing to do with what goes on.</summary>
    /// <returns>What the thread was in the middle of, for <see cref="Return"/> on the same thread.</returns>
    internal static object? Enter(object? what)
    {
        object? outer = Present;
        Present = what;
        return outer;
    }

    /// <summary>Goes back to what was left.</summary>
    internal static void Return(object? outer) => Present = outer;
}
