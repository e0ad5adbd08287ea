using System.Runtime.CompilerServices;

namespace Concord.Tests.Running;

/// <summary>Waits for what another thread is about to do, and never for ever: a test that hangs says nothing.</summary>
internal static class Patience
{
    /// <summary>Far longer than anything takes that a test waits for, on a machine that is busy otherwise.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Returns when the condition holds.</summary>
    /// <param name="condition">Asked again and again by this thread.</param>
    /// <param name="awaited">The condition as it stands in the test.</param>
    /// <exception cref="TimeoutException">It did not hold for a minute; the message says what did not.</exception>
    internal static void Await(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string awaited = "")
    {
        if (SpinWait.SpinUntil(condition, Limit)) return;
        throw new TimeoutException($"not within {Limit.TotalSeconds:F0} s: {awaited}");
    }
}
