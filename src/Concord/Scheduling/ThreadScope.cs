namespace Concord.Scheduling;

/// <summary>
/// The call that the current thread is in. It is a thread-static field and allocates nothing. Continuations of other
/// calls that the thread runs meanwhile are outside it.
/// </summary>
internal static class ThreadScope
{
    [ThreadStatic]
    private static object? Present;

    /// <summary>The call that the thread is in; null for none.</summary>
    internal static object? Current => Present;

    /// <summary>Enters a call; with null, work that does not belong to the current call.</summary>
    /// <returns>The outer call, for <see cref="Return"/> on the same thread.</returns>
    internal static object? Enter(object? what)
    {
        object? outer = Present;
        Present = what;
        return outer;
    }

    /// <summary>Returns to the outer call.</summary>
    internal static void Return(object? outer) => Present = outer;
}
