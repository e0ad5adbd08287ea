using System.Diagnostics;
using System.Runtime;

namespace Concord.Benchmarks.Harness;

/// <summary>
/// Waits until .NET has compiled what a measurement calls for the last time. Before the thread is bound to a processor:
/// what it starts then is bound to the same one, also the thread that compiles, which would hardly run there.
/// </summary>
internal static class Compiling
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(400), LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Does the work again and again, until nothing new has been compiled for a while.</summary>
    public static void Await(Action work)
    {
        long begin = Stopwatch.GetTimestamp(), last = begin, methods = 0;
        while (Stopwatch.GetElapsedTime(last) < Quiet && Stopwatch.GetElapsedTime(begin) < LongestWait)
        {
            work();
            long now = JitInfo.GetCompiledMethodCount();
            if (now != methods) last = Stopwatch.GetTimestamp();
            methods = now;
        }
    }
}
