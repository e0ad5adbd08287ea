using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P6, first half: overwriting pages that are in the cache, against the system call.</summary>
internal sealed unsafe class CachedWrites : Goal
{
    private const string Concord = "Concord Write", SystemCall = "pwrite", Memory = "copy into memory";

    private const double SpeedMin = 2.5;

    /// <summary>Small, so that neither the system nor the cache begins to write back meanwhile.</summary>
    private const long FileBytes = 16 * Sizes.MiB;

    private const int Count = 8_192;

    public override string Name => "P6";

    public override string Title => "Overwrite 4 KiB that are cached, at random";

    public override string Target => $"≥ {SpeedMin} of pwrite";

    public override IEnumerable<string> Notes =>
        ["What is written stays dirty in both caches; nothing is written back meanwhile by Concord, and as the system "
            + "pleases by the system."];

    public override string? Missing(RunSettings settings) =>
        OperatingSystem.IsLinux() ? null : "the peer is Linux's system call";

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        using var file = new ResidentFile(settings.Folder, FileBytes);
        yield return Compare(file);
    }

    private static Comparison Compare(ResidentFile file) => new(
        Sizes.Bytes(FileBytes),
        RandomPages.PageBytes,
        [
            new Rival(Concord, file.ProveResident,
                () => RandomPages.Time(new CachedWrite(file.Cached, file.Buffer(0)), FileBytes, Count)),
            new Rival(SystemCall, file.ProveResident,
                () => RandomPages.Time(new SystemWrite(file.Descriptor, file.Buffer(0)), FileBytes, Count)),
            new Rival(Memory, static () => { },
                () => RandomPages.Time(new MemoryWrite(file.Memory, file.Buffer(0)), FileBytes, Count)),
        ],
        Reference: SystemCall,
        [new SpeedDemand(Concord, SystemCall, SpeedMin)]);
}
