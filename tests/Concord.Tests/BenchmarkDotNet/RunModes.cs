using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains;
using Perfolizer.Horology;
using RunMode = BenchmarkDotNet.Jobs.RunMode;

namespace Concord.Tests.BenchmarkDotNet;

/// <summary>
/// Every way in which BenchmarkDotNet runs a benchmark, each with and without setups. The file is compiled twice: into
/// the tests, and into the programs that use the package as strangers do, with each version it works with.
/// </summary>
public static class RunModes
{
    private const int Iterations = 2, Invocations = 16, Unroll = 4;

    private static readonly RunStrategy[] Strategies =
        [RunStrategy.Throughput, RunStrategy.ColdStart, RunStrategy.Monitoring];

    private static readonly Type[] Benchmarks =
        [typeof(WithoutSetup), typeof(WithGlobalSetup), typeof(WithIterationSetup)];

    /// <summary>
    /// Runs all modes and says what went wrong: a line for each benchmark that failed or ran otherwise.
    /// </summary>
    /// <param name="toolchain">Where benchmarks run; null stands for processes of their own.</param>
    /// <param name="ran">How many benchmarks ran.</param>
    public static IReadOnlyList<string> Run(IToolchain? toolchain, out int ran)
    {
        var log = new AccumulationLogger();
        string artifacts = Directory.CreateTempSubdirectory("concord-modes-").FullName;
        try
        {
            IConfig config = ManualConfig.CreateEmpty()
                .AddJob([.. Jobs(toolchain)])
                .AddLogger(log)
                .AddDiagnoser(MemoryDiagnoser.Default)
                .WithArtifactsPath(artifacts)
                .WithOptions(ConfigOptions.DisableOptimizationsValidator);
            BenchmarkReport[] reports = [.. Benchmarks.SelectMany(type => BenchmarkRunner.Run(type, config).Reports)];
            ran = reports.Length;
            string[] wrong = [.. reports.SelectMany(Complaints)];
            int expected = Benchmarks.Length * 2 * Jobs(toolchain).Count();
            if (ran != expected) wrong = [.. wrong, $"{ran} benchmarks ran, not {expected}"];
            return wrong.Length == 0 ? [] : [.. wrong, log.GetLog()];
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }

    private static IEnumerable<Job> Jobs(IToolchain? toolchain)
    {
        Job shortest = Job.Default.WithIterationTime(TimeInterval.FromMilliseconds(5)).WithWarmupCount(1)
            .WithIterationCount(Iterations).WithGcForce(false);
        if (toolchain is not null) shortest = shortest.WithToolchain(toolchain);
        foreach (RunStrategy strategy in Strategies)
        {
            Job job = shortest.WithStrategy(strategy);
            yield return job.WithId($"{strategy}");
            yield return job.WithInvocationCount(Invocations).WithId($"{strategy}, counted");

            // A process takes its time, and the engine is the same.
            if (toolchain is null) continue;
            yield return job.WithUnrollFactor(Unroll).WithId($"{strategy}, unrolled");
            yield return job.WithInvocationCount(Invocations).WithUnrollFactor(Unroll)
                .WithId($"{strategy}, counted and unrolled");
        }

        yield return shortest.WithMemoryRandomization().WithInvocationCount(Invocations)
            .WithId("Throughput, randomized");
    }

    private static IEnumerable<string> Complaints(BenchmarkReport report)
    {
        Descriptor benchmark = report.BenchmarkCase.Descriptor;
        string name = $"{benchmark.Type.Name}.{benchmark.WorkloadMethod.Name} ({report.BenchmarkCase.Job.Id})";
        Measurement[] measured =
        [
            .. report.AllMeasurements.Where(static one =>
                one.IterationMode == IterationMode.Workload && one.IterationStage == IterationStage.Actual)
        ];
        if (!report.Success) yield return $"{name} failed";
        if (measured.Length != Iterations) yield return $"{name}: {measured.Length} iterations, not {Iterations}";

        RunMode run = report.BenchmarkCase.Job.Run;
        long? expected = run.HasValue(RunMode.InvocationCountCharacteristic) ? run.InvocationCount
            : run.RunStrategy == RunStrategy.Throughput ? null
            : 1;
        foreach (Measurement other in measured.Where(one => expected is not null && one.Operations != expected))
            yield return $"{name}: {other.Operations} invocations, not {expected}";
    }
}
