using System.Diagnostics;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using BenchmarkDotNet.Validators;
using ColdRead;

namespace Concord.Tests.BenchmarkDotNet;

public class ColdProcessorCacheTests
{
    /// <summary>
    /// Of the time a flush takes, this much may show in what is reported: room for the spread of the figures.
    /// </summary>
    private const double FlushShareMax = 0.05;

    public ColdProcessorCacheTests() =>
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");

    /// <summary>
    /// A neighbour on the machine can make a hot read slow, never a cold one fast: one run of these must show it.
    /// </summary>
    private const int RunsMax = 4;

    [Fact]
    public void The_sample_reads_cold_memory_at_least_twice_as_slowly_as_hot()
    {
        var seen = new List<string>();
        for (int run = 1; run <= RunsMax; run++)
        {
            (Summary summary, string log) = BenchmarkRun.Of<Reads>();

            Assert.True(summary.Reports.All(report => report.Success), log);
            if (summary.Median("Cold") >= 2 * summary.Median("Hot")) return;
            seen.Add($"cold {summary.Median("Cold"):0} ns, hot {summary.Median("Hot"):0} ns");
        }

        Assert.Fail(string.Join("; ", seen));
    }

    [Fact]
    public void What_the_flush_costs_is_not_in_the_time_reported()
    {
        double flush = TimeLargeFlush();

        (Summary summary, string log) = BenchmarkRun.Of<LargeFlushBenchmarks>();

        Assert.True(summary.Reports.All(report => report.Success), log);
        double hotGrowth = summary.Median("HotBesideLargeFlush") - summary.Median("Hot");
        double coldGrowth = summary.Median("ColdBesideLargeFlush") - summary.Median("Cold");
        Assert.True(hotGrowth < FlushShareMax * flush, $"a flush of {flush:0} ns added {hotGrowth:0} ns to a hot read");
        Assert.True(coldGrowth < FlushShareMax * flush,
            $"a flush of {flush:0} ns added {coldGrowth:0} ns to a cold read");
    }

    [Fact]
    public void Arguments_fields_and_properties_of_every_supported_type_are_made_cold()
    {
        (Summary summary, string log) = BenchmarkRun.Of<NameableBenchmarks>();

        Assert.Empty(Complaints(summary));
        Assert.Equal(3, summary.Reports.Length);
        Assert.True(summary.Reports.All(report => report.Success), log);
    }

    [Fact]
    public void Every_mode_in_which_benchmarks_run_makes_each_invocation_cold_with_and_without_setups()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "runs 78 benchmarks");
        IReadOnlyList<string> wrong = RunModes.Run(InProcessEmitToolchain.Instance, out int ran);

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Figures.Record("cold", "benchmarks run in all modes, in this process", $"{ran}, all made cold", "all");
    }

    [Fact]
    public void A_wrong_name_is_an_error_before_anything_runs_that_says_what_would_be_right()
    {
        (Summary summary, _) = BenchmarkRun.Of<MisnamedBenchmarks>();

        string[] messages = [.. Complaints(summary).Select(error => error.Message)];
        Assert.All(Complaints(summary), error => Assert.True(error.IsCritical));
        Assert.Contains("[ColdProcessorCache] on MisnamedBenchmarks.Misspelled: '_wrods' is neither an argument of the "
            + "method nor a field or property of the class; there are: _words", messages);
        Assert.Contains(messages, message => message.Contains("the field '_list' is a "
            + "System.Collections.Generic.List`1[System.Int32]; it must be an array", StringComparison.Ordinal));
        Assert.Contains("[ColdProcessorCache] on MisnamedBenchmarks.Nothing: names nothing; give it at least one of: "
            + "_words", messages);
        Assert.Equal(3, messages.Length);
        Assert.Empty(summary.Reports);
    }

    [Fact]
    public void A_name_that_holds_null_fails_the_run_and_says_so()
    {
        (Summary summary, string log) = BenchmarkRun.Of<NullBenchmarks>();

        Assert.False(summary.Reports.Single().Success);
        Assert.Contains("NullBenchmarks._missing is null", log, StringComparison.Ordinal);
    }

    [Fact]
    public void A_toolchain_that_hides_the_benchmark_is_refused()
    {
        (Summary summary, _) = BenchmarkRun.Of<LargeFlushBenchmarks>(InProcessNoEmitToolchain.Instance);

        Assert.Equal(4, Complaints(summary).Count());
        Assert.All(Complaints(summary),
            error => Assert.Contains("InProcessEmitToolchain", error.Message, StringComparison.Ordinal));
    }

    /// <summary>What was found wrong, without BenchmarkDotNet's own remarks on the configuration.</summary>
    private static IEnumerable<ValidationError> Complaints(Summary summary) =>
        summary.ValidationErrors.Where(error => error.Message.Contains("ProcessorCache]", StringComparison.Ordinal));

    private static double TimeLargeFlush()
    {
        byte[] large = new byte[LargeFlushBenchmarks.LargeBytes];
        large.AsSpan().Fill(1);
        double[] times = new double[9];
        for (int round = 0; round < times.Length; round++)
        {
            long start = Stopwatch.GetTimestamp();
            ProcessorCache.FlushAndInvalidate(large);
            times[round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        }

        return times.Min();
    }
}
