using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Concord.Tests.BenchmarkDotNet;

/// <summary>Runs benchmark classes in this process, in short iterations.</summary>
internal static class BenchmarkRun
{
    private static readonly TimeInterval IterationTime = TimeInterval.FromMilliseconds(20);

    /// <summary>Runs every benchmark of a class.</summary>
    /// <returns>The summary, and everything BenchmarkDotNet printed.</returns>
    public static (Summary Summary, string Log) Of<T>(IToolchain? toolchain = null)
    {
        var log = new AccumulationLogger();
        string artifacts = Directory.CreateTempSubdirectory("concord-benchmarkdotnet-").FullName;
        try
        {
            Job job = Job.Default
                .WithToolchain(toolchain ?? InProcessEmitToolchain.Instance)
                .WithIterationTime(IterationTime)
                .WithWarmupCount(1)
                .WithIterationCount(5)
                // In a process of this size forced collections would take longer than the iterations.
                .WithGcForce(false);
            IConfig config = ManualConfig.CreateEmpty()
                .AddJob(job)
                .AddLogger(log)
                .WithArtifactsPath(artifacts)
                .WithOptions(ConfigOptions.DisableOptimizationsValidator);
            Summary summary = BenchmarkRunner.Run<T>(config);
            return (summary, log.GetLog());
        }
        finally
        {
            Directory.Delete(artifacts, recursive: true);
        }
    }

    /// <summary>The median of a benchmark's results, in nanoseconds an invocation.</summary>
    public static double Median(this Summary summary, string method)
    {
        BenchmarkReport report = summary.Reports
            .Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
        return report.ResultStatistics!.Median;
    }
}
