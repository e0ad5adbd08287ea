using System.Diagnostics;
using Concord.Cli.Bench;
using Concord.Cli.Demonstration;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Concord.Measuring;
using Concord.Measuring.Files;
using Concord.Measuring.Interop;

namespace Concord.Cli.Tour;

/// <summary>Takes the tour, step by step, on files of its own.</summary>
internal static class Walk
{
    internal const string Command = "tour";

    private const long WriteBytes = 4 << 20;

    /// <summary>
    /// A short warm-up, since the figures are only a first look; <c>concord bench</c> takes more time.
    /// </summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(60);

    /// <exception cref="IOException">No directory takes the files.</exception>
    /// <exception cref="OperationCanceledException">Ctrl-C; the files are deleted.</exception>
    internal static TourDocument Take(TourView view, CancellationToken interrupted)
    {
        long start = Stopwatch.GetTimestamp();
        using TemporaryFolder folder = TemporaryFolder.Create(Command, DiskDirectory.Candidates());
        string directory = folder.Parent;
        view.Begin(directory, folder.FileSystem);

        // Run the steps on one file, one after the other.
        List<TourStep> steps = [];
        List<BenchComparison> comparisons = [];
        using (var ground = new TourGround(folder))
        {
            foreach (var (name, title, walk) in TourSteps.All) Next(name, title, checks => walk(ground, checks));
        }

        // Measure the ratios last, after the steps have released their file.
        Next("ratios", "This machine, measured: Concord beside the system's calls", checks =>
        {
            comparisons = Measure(folder, interrupted);
            checks.That(comparisons.All(static comparison => comparison.Rivals.All(static rival =>
                rival.Nanoseconds.Median > 0)), $"{CountText.Of(comparisons.Count, "workload")} measured in turns");
        });
        if (comparisons.Count > 0) view.Show(comparisons);

        // Sum up.
        bool holds = steps.TrueForAll(static step => step.Holds);
        var document = new TourDocument(
            Command, directory, folder.FileSystem, steps, comparisons, holds,
            Stopwatch.GetElapsedTime(start).TotalSeconds);
        view.End(document);
        return document;

        void Next(string name, string title, Action<TourSteps.Checks> walk)
        {
            interrupted.ThrowIfCancellationRequested();
            steps.Add(Take(name, title, walk));
            view.Show(steps[^1]);
        }
    }

    /// <summary>Runs one step; an error of the system or the disk counts as a check that does not hold.</summary>
    internal static TourStep Take(string name, string title, Action<TourSteps.Checks> walk)
    {
        long start = Stopwatch.GetTimestamp();
        var checks = new TourSteps.Checks();
        try
        {
            walk(checks);
        }
        catch (Exception error) when (Failures.IsExpected(error))
        {
            checks.That(false, $"the step ends without an error, and not with: {error.Message}");
        }

        return new TourStep(name, title, checks.Found, checks.Skipped, checks.Found.All(static check => check.Holds),
            Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static List<BenchComparison> Measure(TemporaryFolder folder, CancellationToken interrupted)
    {
        IDisturbanceMeter meter = Disturbance.CreateMeter();
        using var reads = new ReadWorkload(folder["file"], TourGround.Bytes);
        using var writes = new WriteWorkload(folder["cached"], folder["system"], WriteBytes);
        return
        [
            .. ((Comparison[])[reads.Compare(), .. writes.All()])
                .Select(comparison => Benchmark.Run(comparison with { WarmUp = WarmUp }, Workloads.RoundsMin, meter,
                    BenchProgress.Silent, interrupted))
        ];
    }
}
