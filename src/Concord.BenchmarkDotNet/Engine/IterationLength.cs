using System.Diagnostics;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;

namespace Concord.BenchmarkDotNet.Engine;

/// <summary>Chooses how many invocations make an iteration, by the time that passes with the flushes in it.</summary>
internal static class IterationLength
{
    /// <summary>
    /// The time an iteration should take, flushes included, when the job does not say: BenchmarkDotNet wants about a
    /// tenth of a second measured in each, and a flush costs about as much as reading the same memory cold.
    /// </summary>
    private static readonly TimeSpan IterationTimeDefault = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// A shorter trial is not representative: .NET compiles a method again, optimised, after it was called for about a
    /// tenth of a second.
    /// </summary>
    private static readonly TimeSpan TrialTimeMin = TimeSpan.FromMilliseconds(100);

    private const long InvocationsMax = 1 << 22;

    /// <summary>
    /// The count the job asks for; one where the strategy is to look at single invocations; otherwise as many as
    /// fit the iteration's time.
    /// </summary>
    public static long Choose(EngineParameters parameters, ColdInvocations invocations)
    {
        Job job = parameters.TargetJob;
        if (job.HasValue(RunMode.InvocationCountCharacteristic)) return job.Run.InvocationCount;
        if (job.HasValue(RunMode.RunStrategyCharacteristic) && job.Run.RunStrategy != RunStrategy.Throughput) return 1;

        double wanted = job.HasValue(RunMode.IterationTimeCharacteristic)
            ? job.Run.IterationTime.ToSeconds()
            : IterationTimeDefault.TotalSeconds;
        double invocationSeconds = TimeInvocation(invocations);
        return Math.Clamp((long)(wanted / invocationSeconds), 1, InvocationsMax);
    }

    private static double TimeInvocation(ColdInvocations invocations)
    {
        for (long count = 1; ; count *= 2)
        {
            invocations.SetUpIteration();
            long start = Stopwatch.GetTimestamp();
            invocations.RunWorkload(count);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            invocations.CleanUpIteration();

            // The very first invocation is compiled while it runs, so a second trial follows however long it took.
            if (count > 1 && elapsed >= TrialTimeMin) return elapsed.TotalSeconds / count;
        }
    }
}
