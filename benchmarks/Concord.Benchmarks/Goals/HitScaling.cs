using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P5: what a second processor adds to hits on one file, as a share of what it adds to copies in memory.
/// </summary>
internal sealed unsafe class HitScaling : Goal
{
    private const string One = "Concord, 1 thread", Two = "Concord, 2 threads", Copy = "memory, 1 thread",
        CopyByTwo = "memory, 2 threads";

    private const double ReadShareMin = 0.95, WriteShareMin = 0.9;

    private const int CountSmall = 32_768, Count = 8_192;

    public override string Name => "P5";

    public override string Title => "Hits of 4 KiB by two threads on one file";

    public override string Target =>
        $"two threads over one: ≥ {ReadShareMin} of what a copy in memory gains for reads, ≥ {WriteShareMin} for "
            + "writes";

    public override IEnumerable<string> Notes =>
    [
        "Both threads work on all pages of the file, each in an order of its own. The time is that of one page, as if "
            + "one thread had done the work of both.",
    ];

    public override string? Missing(RunSettings settings) =>
        PartnerThread.IsPossible ? null : "this process may use one processor only; two are needed";

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        using var partner = new PartnerThread();
        foreach (long bytes in (long[])[256 * Sizes.KiB, 64 * Sizes.MiB])
        {
            using var file = new ResidentFile(settings.Folder, bytes);
            yield return Reads(partner, file);
            yield return Writes(partner, file);
        }
    }

    private static Comparison Reads(PartnerThread partner, ResidentFile file) => Compare(
        "read",
        partner,
        file,
        ReadShareMin,
        thread => new CachedRead(file.Cached, file.Buffer(thread)),
        thread => new MemoryRead(file.Memory, file.Buffer(thread)));

    private static Comparison Writes(PartnerThread partner, ResidentFile file) => Compare(
        "write",
        partner,
        file,
        WriteShareMin,
        thread => new CachedWrite(file.Cached, file.Buffer(thread)),
        thread => new MemoryWrite(file.Memory, file.Buffer(thread)));

    private static Comparison Compare<TCached, TMemory>(
        string what, PartnerThread partner, ResidentFile file, double shareMin, Func<int, TCached> cached,
        Func<int, TMemory> memory)
        where TCached : struct, IPageOperation
        where TMemory : struct, IPageOperation
    {
        int count = file.Bytes < 1 * Sizes.MiB ? CountSmall : Count;
        return new Comparison(
            $"{Sizes.Bytes(file.Bytes)}, {what}",
            RandomPages.PageBytes,
            [
                new Rival(One, file.ProveResident, () => RandomPages.Time(cached(0), file.Bytes, count)),
                new Rival(Two, Ready, () => RandomPages.TimeByTwo(partner, cached(0), cached(1), file.Bytes, count)),
                new Rival(Copy, static () => { }, () => RandomPages.Time(memory(0), file.Bytes, count)),
                new Rival(CopyByTwo, partner.GetReady,
                    () => RandomPages.TimeByTwo(partner, memory(0), memory(1), file.Bytes, count)),
            ],
            Reference: Copy,
            [new ScalingDemand(One, Two, Copy, CopyByTwo, shareMin)]);

        void Ready()
        {
            file.ProveResident();
            partner.GetReady();
        }
    }
}
