namespace Concord.Cli.Processor;

/// <summary>What <c>cpu</c> tells, as it is documented.</summary>
/// <param name="Command">Always <c>cpu</c>.</param>
/// <param name="UnsupportedReason">What is missing here, or null; with it every measured figure is null.</param>
/// <param name="LineSize">Bytes a cache line.</param>
/// <param name="OfferedInstructions">The instructions that the processor offers.</param>
/// <param name="FlushInstruction">The instruction that invalidates lines.</param>
/// <param name="WriteBackInstruction">The instruction that writes lines back.</param>
/// <param name="LastLevelCacheBytes">Size of the last level of cache; null when the system does not tell.</param>
/// <param name="Reload">How long a line takes to load, hot and after a flush.</param>
/// <param name="Flushes">How long flushes take.</param>
internal sealed record ProcessorDocument(
    string Command,
    string? UnsupportedReason,
    int? LineSize,
    IReadOnlyList<string> OfferedInstructions,
    string? FlushInstruction,
    string? WriteBackInstruction,
    long? LastLevelCacheBytes,
    ReloadTimes? Reload,
    IReadOnlyList<FlushTime>? Flushes);

/// <summary>Nanoseconds to load one line, hot and after a flush.</summary>
/// <param name="Samples">Samples of each kind; a sample is the mean over a chain of lines.</param>
/// <param name="LinesPerSample">Lines in the chain.</param>
/// <param name="HotNanoseconds">Median while the lines are in the cache.</param>
/// <param name="ColdNanoseconds">Median after a flush.</param>
/// <param name="Ratio">Cold over hot.</param>
/// <param name="Histogram">How the samples spread.</param>
internal sealed record ReloadTimes(
    int Samples,
    int LinesPerSample,
    double HotNanoseconds,
    double ColdNanoseconds,
    double Ratio,
    IReadOnlyList<HistogramBucket> Histogram);

/// <summary>Samples from one number of nanoseconds to below another.</summary>
internal sealed record HistogramBucket(double FromNanoseconds, double ToNanoseconds, int Hot, int Cold);

/// <summary>How long the flush of a range takes: the median of several.</summary>
internal sealed record FlushTime(long Bytes, string What, double Nanoseconds, double BytesPerSecond);
