using Concord.Cli.Actions;
using Concord.Cli.Processor;

namespace Concord.Cli.Demonstration;

/// <summary>What the demonstration found, as it is documented. Every figure was measured in this run.</summary>
/// <param name="Command">Always <c>demonstration</c>.</param>
/// <param name="System">The half about the system's cache; null where it is not supported.</param>
/// <param name="SystemUnsupportedReason">What is missing for it, or null.</param>
/// <param name="Processor">The half about the processor's cache; null where it is not supported.</param>
/// <param name="FlushInstruction">The instruction it used.</param>
/// <param name="ProcessorUnsupportedReason">What is missing for it, or null.</param>
internal sealed record DemonstrationDocument(
    string Command,
    SystemHalf? System,
    string? SystemUnsupportedReason,
    ReloadTimes? Processor,
    string? FlushInstruction,
    string? ProcessorUnsupportedReason);

/// <summary>One file, purged the system's way and Concord's.</summary>
/// <param name="Directory">Where the file was.</param>
/// <param name="FileSystem">The file system there, as the kernel calls it.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="Pages">The file's pages.</param>
/// <param name="MappedByProcess">The second process, which maps the file.</param>
/// <param name="SystemCalls">What the system's own calls did.</param>
/// <param name="MissingRight">The right without which mapped pages stay, when this process lacks it; or null.</param>
/// <param name="Concord">What the coherent flush and purge did.</param>
/// <param name="ConcordAfterUnmap">What it did once the mapping was gone; null when nothing had stayed.</param>
/// <param name="ContentsUnchanged">Whether every byte read back afterwards is the one that was written.</param>
internal sealed record SystemHalf(
    string Directory,
    string FileSystem,
    long Bytes,
    long Pages,
    int MappedByProcess,
    SystemCallStep SystemCalls,
    string? MissingRight,
    PurgeStep Concord,
    PurgeStep? ConcordAfterUnmap,
    bool ContentsUnchanged);

/// <summary>What <c>fdatasync</c> and <c>posix_fadvise</c> returned, and what was in the cache afterwards.</summary>
internal sealed record SystemCallStep(int FdatasyncReturned, int FadviseReturned, long? PagesLeft, double Seconds);

/// <summary>
/// What a coherent flush and purge reported, and what was in the cache afterwards by a query of its own.
/// </summary>
internal sealed record PurgeStep(
    string Status, long? BytesWritten, long? PagesPurged, long? PagesLeft, IReadOnlyList<LeftPages> Left,
    double Seconds);
