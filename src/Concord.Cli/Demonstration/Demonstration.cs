using System.Diagnostics;
using Concord.Cli.Actions;
using Concord.Cli.Interop;
using Concord.Cli.Processor;

namespace Concord.Cli.Demonstration;

/// <summary>
/// The problem and its solution, on a real file and real cache lines. Every number is measured here and now.
/// </summary>
internal static class Demonstration
{
    /// <summary>Enough for a steady median in a few milliseconds.</summary>
    private const int ReloadSamples = 300;

    /// <exception cref="IOException">The file cannot be written, or the second process not started.</exception>
    /// <exception cref="OperationCanceledException">Ctrl-C; the file is deleted.</exception>
    internal static DemonstrationDocument Play(DemonstrationView view, CancellationToken interrupted)
    {
        string? systemReason = SystemFile.UnsupportedReason;
        SystemHalf? system = null;
        if (systemReason is null) system = PlaySystemHalf(view, interrupted);
        else view.NoSystemHalf(systemReason);

        interrupted.ThrowIfCancellationRequested();
        string? processorReason = ProcessorCache.UnsupportedReason;
        ReloadTimes? processor = null;
        if (processorReason is null)
        {
            processor = ProcessorMeasurement.MeasureReloads(ReloadSamples);
            view.ShowProcessorHalf(processor, ProcessorCache.FlushInstruction);
        }
        else
        {
            view.NoProcessorHalf(processorReason);
        }

        string? instruction = processorReason is null ? ProcessorCache.FlushInstruction : null;
        return new DemonstrationDocument("demonstration", system, systemReason, processor, instruction,
            processorReason);
    }

    private static SystemHalf PlaySystemHalf(DemonstrationView view, CancellationToken interrupted)
    {
        using DemonstrationFile file = DemonstrationFile.Create(DiskDirectory.Candidates(), interrupted);
        using SystemFile cached = SystemFile.Open(file.Path);
        using MappingProcess mapping = MappingProcess.Start(file.Path);
        long pages = cached.Query(ResidencyDetail.Counts).Pages;
        string directory = file.Directory;
        view.BeginSystemHalf(directory, cached.FileSystem, pages, mapping.Id);

        // (1) The system's own calls, on dirty pages.
        SystemCallStep calls = CallSystem(file, cached);
        view.ShowSystemCalls(calls, pages);
        interrupted.ThrowIfCancellationRequested();

        // (2) Concord, with the same work: every page dirty, every page mapped.
        file.Write(interrupted);
        mapping.TouchPages();
        PurgeStep purge = Purge(cached);
        view.ShowConcord(purge, pages, afterUnmap: false);
        interrupted.ThrowIfCancellationRequested();

        // (3) Unmap, and purge again: the mapping held the pages that stayed.
        PurgeStep? afterUnmap = null;
        if (purge.PagesLeft != 0)
        {
            mapping.Unmap();
            afterUnmap = Purge(cached);
            view.ShowConcord(afterUnmap, pages, afterUnmap: true);
        }

        // (4) Check that no written byte was lost.
        bool unchanged = file.IsAsWritten(interrupted);
        view.ShowContents(unchanged);
        return new SystemHalf(
            directory, cached.FileSystem, DemonstrationFile.Bytes, pages, mapping.Id, calls,
            Rights.MayTrim() == false ? Rights.TrimRight : null, purge, afterUnmap, unchanged);
    }

    private static SystemCallStep CallSystem(DemonstrationFile file, SystemFile cached)
    {
        long start = Stopwatch.GetTimestamp();
        int flush = SystemPurge.Flush(file.Handle);
        int drop = SystemPurge.Drop(file.Handle);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new SystemCallStep(flush, drop, Resident(cached), seconds);
    }

    private static PurgeStep Purge(SystemFile cached)
    {
        long start = Stopwatch.GetTimestamp();
        CoherencyResult result = cached.FlushAndPurge();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var sum = new OutcomeSum();
        sum.Add(result);
        FlushOutcome outcome = sum.ToOutcome(cached.Path, DemonstrationFile.Bytes);
        return new PurgeStep(
            outcome.Status, outcome.BytesWritten, outcome.PagesPurged, Resident(cached), outcome.Left, seconds);
    }

    /// <summary>The pages in the cache, by a query that is independent of the calls before.</summary>
    private static long? Resident(SystemFile cached) => cached.Query(ResidencyDetail.Counts).Resident;
}
