using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P3 and P4: reading pages that are in the cache, against the system's calls, .NET's own, and memory.
/// </summary>
internal sealed unsafe class CachedReads : Goal
{
    private const string Concord = "Concord Read", Huge = "Concord Read, huge pages", SystemCall = "pread",
        Mapping = "copy from the mapped file", Memory = "copy from memory";
    private const string DotNet = "RandomAccess.Read", Accessor = "MemoryMappedViewAccessor.ReadArray";

    public override string Name => "P3";

    public override string Title => "Read 4 KiB that are cached, at random";

    public override string Target =>
        "≥ 1.8 of pread and ≥ 0.70 of a copy from memory at 64 MiB and 1 GiB; ≥ 3 of pread at 256 KiB, ≥ 2 with two "
            + "threads; P4: ≥ 1.9 of RandomAccess.Read and ≥ 4.5 of MemoryMappedViewAccessor.ReadArray";

    public override IEnumerable<string> Notes =>
    [
        "Each rival reads the same pages of one file, all of them in both caches and in the mapping, which is proved "
            + "before each slice.",
        "Memory is of ordinary pages, as the cache's own is: the copy from it has the same misses of the processor's "
            + "address tables.",
        "Huge pages: a cache made with SectionKind.Huge, where nothing can be mapped as a view; every block was "
            + "collected before.",
        "pread is called in the same process, without counting a handle or keeping an error.",
    ];

    public override string? Missing(RunSettings settings) =>
        OperatingSystem.IsLinux() ? null : "the peers are Linux's system calls";

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        long[] sizes = settings.IsQuick
            ? [256 * Sizes.KiB, 64 * Sizes.MiB]
            : [256 * Sizes.KiB, 64 * Sizes.MiB, 1 * Sizes.GiB];
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        using var partner = new PartnerThread();
        foreach (long bytes in sizes)
        {
            using var file = new ResidentFile(settings.Folder, bytes, isHuge: bytes >= 64 * Sizes.MiB);
            yield return OneThread(file);
            if (bytes == sizes[0] && PartnerThread.IsPossible) yield return TwoThreads(partner, file);
        }
    }

    private static Comparison OneThread(ResidentFile file)
    {
        bool isSmall = file.Bytes == 256 * Sizes.KiB;
        byte[] array = new byte[RandomPages.PageBytes];
        int count = isSmall ? 16_384 : 8_192;
        var huge = file.CachedHuge;
        return new Comparison(
            Sizes.Bytes(file.Bytes),
            RandomPages.PageBytes,
            [
                Reader(Concord, () => RandomPages.Time(new CachedRead(file.Cached, file.Buffer(0)), file.Bytes, count)),
                .. huge is null
                    ? (Rival[])[]
                    : [Reader(Huge, () => RandomPages.Time(new CachedRead(huge, file.Buffer(0)), file.Bytes, count))],
                Reader(SystemCall,
                    () => RandomPages.Time(new SystemRead(file.Descriptor, file.Buffer(0)), file.Bytes, count)),
                Reader(Mapping, () => RandomPages.Time(new MemoryRead(file.Mapped, file.Buffer(0)), file.Bytes, count)),
                Reader(Memory, () => RandomPages.Time(new MemoryRead(file.Memory, file.Buffer(0)), file.Bytes, count)),
                Reader(DotNet,
                    () => RandomPages.Time(new RandomAccessRead(file.Handle, file.Buffer(0)), file.Bytes, count)),
                Reader(Accessor, () => RandomPages.Time(new AccessorRead(file.Accessor, array), file.Bytes, count)),
            ],
            Reference: SystemCall,
            [
                new SpeedDemand(Concord, SystemCall, isSmall ? 3 : 1.8),
                .. isSmall ? (Demand[])[] : [new SpeedDemand(Concord, Memory, 0.70)],
                new SpeedDemand(Concord, DotNet, 1.9),
                new SpeedDemand(Concord, Accessor, 4.5),
                .. huge is null
                    ? (Demand[])[]
                    : [new SpeedDemand(Huge, SystemCall, 1.8), new SpeedDemand(Huge, Memory, 0.70),
                        new SpeedDemand(Huge, DotNet, 1.9), new SpeedDemand(Huge, Accessor, 4.5)],
            ]);

        Rival Reader(string name, Func<Slice> measure) => new(name, file.ProveResident, measure);
    }

    private static Comparison TwoThreads(PartnerThread partner, ResidentFile file)
    {
        const int Count = 16_384;
        return new Comparison(
            $"{Sizes.Bytes(file.Bytes)}, two threads",
            RandomPages.PageBytes,
            [
                Reader(Concord, () => RandomPages.TimeByTwo(
                    partner, new CachedRead(file.Cached, file.Buffer(0)), new CachedRead(file.Cached, file.Buffer(1)),
                    file.Bytes, Count)),
                Reader(SystemCall, () => RandomPages.TimeByTwo(
                    partner, new SystemRead(file.Descriptor, file.Buffer(0)),
                    new SystemRead(file.Descriptor, file.Buffer(1)), file.Bytes, Count)),
            ],
            Reference: SystemCall,
            [new SpeedDemand(Concord, SystemCall, 2)]);

        Rival Reader(string name, Func<Slice> measure) => new(
            name,
            () =>
            {
                file.ProveResident();
                partner.GetReady();
            },
            measure);
    }
}
