using Concord.Cli.Demonstration;
using Concord.Cli.Text;
using Concord.Measuring;
using Concord.Measuring.Files;
using Concord.Measuring.Interop;

namespace Concord.Cli.Bench;

/// <summary>
/// Measures Concord's cache beside the system's calls, on the disk of a file. The file itself is only read.
/// </summary>
internal static class Benchmark
{
    internal const string Command = "bench";

    private const long ReadBytesMax = 256L << 20, TemporaryBytes = 64L << 20, WriteBytes = 32L << 20;
    private const int PieceBytes = 1 << 20;

    /// <summary>
    /// The part of memory that the file may take: it is in memory twice, in the system's cache and in Concord's, beside
    /// other programs.
    /// </summary>
    private const int MemoryShare = 8;

    /// <param name="file">The file to read, or null for a temporary one.</param>
    /// <param name="rounds">
    /// Rounds of each comparison, 9 or more; or null for the usual number, less where that takes too long.
    /// </param>
    /// <param name="progress">Called for each comparison and each slice.</param>
    /// <param name="interrupted">Acts between slices; every temporary file is deleted.</param>
    /// <exception cref="IOException">The file cannot be read, or no directory takes the temporary ones.</exception>
    internal static BenchDocument Measure(string? file, int? rounds, BenchProgress progress,
        CancellationToken interrupted)
    {
        // A file that cannot be read is an error before anything is written.
        ReadWorkload? own = file is null ? null : OfFile(file);
        IReadOnlyList<string> directories = file is null
            ? DiskDirectory.Candidates()
            : [Path.GetDirectoryName(Path.GetFullPath(file))!];
        (TemporaryFolder? folder, string? refused) = TryCreate(directories);
        using TemporaryFolder? kept = folder;
        using ReadWorkload reads = own ?? OfTemporary(folder ?? throw new IOException(refused), interrupted);
        IDisturbanceMeter meter = Disturbance.CreateMeter();
        int most = rounds ?? Workloads.RoundsDefault;
        List<BenchComparison> results = [Run(Limited(reads.Compare()), most, meter, progress, interrupted)];
        if (folder is not null)
        {
            using var writes = new WriteWorkload(folder["cached"], folder["system"], WriteBytes);
            foreach (Comparison comparison in writes.All())
                results.Add(Run(Limited(comparison), most, meter, progress, interrupted));
        }

        string directory = folder is null ? directories[0] : folder.Parent;
        return new BenchDocument(
            Command, file, reads.Bytes, directory, WriteBytes, refused,
            [.. Machine.Describe(new DriveInfo(directory).DriveFormat)
                .Select(static fact => new MachineFact(fact.Name, fact.Value))],
            most, meter.Watches, results);

        Comparison Limited(Comparison comparison) =>
            rounds is null ? comparison with { TimeMax = Workloads.TimeMax } : comparison;
    }

    /// <summary>
    /// Makes the temporary folder. Where no directory takes it, for example beside another user's file, only reads are
    /// measured, and the report says so.
    /// </summary>
    private static (TemporaryFolder? Folder, string? Refused) TryCreate(IReadOnlyList<string> directories)
    {
        try
        {
            return (TemporaryFolder.Create(Command, directories), null);
        }
        catch (IOException refused)
        {
            return (null, refused.Message);
        }
    }

    private static ReadWorkload OfFile(string file)
    {
        try
        {
            long bytesMax = Math.Min(ReadBytesMax, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare);
            return new ReadWorkload(file, bytesMax);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"{file}: {ErrorText.Of(exception)}", exception);
        }
    }

    private static ReadWorkload OfTemporary(TemporaryFolder folder, CancellationToken interrupted)
    {
        string path = folder["read"];
        var piece = new byte[PieceBytes];
        new Random(1).NextBytes(piece);
        using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
        {
            for (long offset = 0; offset < TemporaryBytes; offset += PieceBytes)
            {
                interrupted.ThrowIfCancellationRequested();
                stream.Write(piece);
            }
        }

        return new ReadWorkload(path, TemporaryBytes);
    }

    internal static BenchComparison Run(Comparison comparison, int rounds, IDisturbanceMeter meter,
        BenchProgress progress, CancellationToken interrupted)
    {
        progress.Begin(comparison.Title, rounds * comparison.Rivals.Count);
        return ToFigures(comparison.Run(rounds, meter, progress.Advance, interrupted));
    }

    private static BenchComparison ToFigures(ComparisonResult result)
    {
        string concord = result.Comparison.Rivals[0].Name;
        return new BenchComparison(result.Comparison.Title, result.Comparison.Bytes, result.Rivals[0].Slices.Count,
            [.. result.Rivals.Select(Figures)]);

        BenchRival Figures(RivalResult rival)
        {
            DemandResult? judged = result.DemandResults.FirstOrDefault(
                demand => demand.Demand is SpeedDemand speed && speed.Reference == rival.Name);
            return new BenchRival(
                rival.Name, Of(rival.Time), rival.Name == concord ? null : Of(result.SpeedOf(concord, rival.Name)),
                Word(judged?.Verdict), rival.DisturbedSlices);
        }
    }

    private static string? Word(Verdict? verdict) => verdict switch
    {
        Verdict.Reached => "faster",
        Verdict.Missed => "slower",
        Verdict.Inconclusive => "inconclusive",
        _ => null,
    };

    private static BenchSpread Of(Spread spread) => new(spread.Median, spread.P10, spread.P90);
}
