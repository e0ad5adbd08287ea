namespace Concord.Cli.Bench;

/// <summary>What <c>concord bench</c> measured, as it is documented.</summary>
/// <param name="Command">Always <c>bench</c>.</param>
/// <param name="File">The file that was read, or null when a temporary one was.</param>
/// <param name="ReadBytes">How many of its bytes were used for reads.</param>
/// <param name="WriteDirectory">Where temporary files were written; they are gone.</param>
/// <param name="WriteBytes">The length of each.</param>
/// <param name="WritesNotMeasured">Why writes were not measured, or null.</param>
/// <param name="Machine">What it was measured on.</param>
/// <param name="Rounds">Rounds of each comparison, at most.</param>
/// <param name="DisturbancesWatched">What counted as a disturbance.</param>
/// <param name="Comparisons">The figures.</param>
internal sealed record BenchDocument(
    string Command,
    string? File,
    long ReadBytes,
    string WriteDirectory,
    long WriteBytes,
    string? WritesNotMeasured,
    IReadOnlyList<MachineFact> Machine,
    int Rounds,
    string DisturbancesWatched,
    IReadOnlyList<BenchComparison> Comparisons);

/// <summary>One fact about the machine.</summary>
internal sealed record MachineFact(string Name, string Value);

/// <summary>A comparison of rivals that did the same work in turns.</summary>
/// <param name="Title">What they did.</param>
/// <param name="BytesPerOperation">How many bytes one operation covers.</param>
/// <param name="Rounds">How many rounds there were.</param>
/// <param name="Rivals">Concord first.</param>
internal sealed record BenchComparison(string Title, long BytesPerOperation, int Rounds,
    IReadOnlyList<BenchRival> Rivals);

/// <summary>One rival's figures.</summary>
/// <param name="Name">The rival's name.</param>
/// <param name="Nanoseconds">What one operation took.</param>
/// <param name="ConcordSpeed">
/// How many times as fast Concord was, in the median of paired rounds; null for Concord itself.
/// </param>
/// <param name="Verdict">
/// <c>faster</c>, <c>slower</c>, or <c>inconclusive</c> when most rounds were disturbed; null for Concord itself.
/// </param>
/// <param name="DisturbedSlices">In how many rounds every attempt was disturbed.</param>
internal sealed record BenchRival(string Name, BenchSpread Nanoseconds, BenchSpread? ConcordSpeed, string? Verdict,
    int DisturbedSlices);

/// <summary>The middle and the ends of the rounds.</summary>
internal sealed record BenchSpread(double Median, double P10, double P90);
