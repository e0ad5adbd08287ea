using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P2: how near a flush comes to the speed at which memory takes bytes at all, and what a second thread adds.
/// </summary>
internal sealed unsafe class FlushBandwidth : Goal
{
    private const string Flush = "Concord, 1 thread", FlushByTwo = "Concord, 2 threads";
    private const string Store = "stores, 1 thread", StoreByTwo = "stores, 2 threads";

    private const double BandwidthMin = 0.9;
    private const double TwoThreadsMin = 1.7;

    public override string Name => "P2";

    public override string Title => "Flush bandwidth against non-temporal stores";

    public override string Target =>
        $"≥ {BandwidthMin} of the bandwidth of non-temporal stores from 64 MiB on; two threads ≥ {TwoThreadsMin} "
            + "times one";

    public override IEnumerable<string> Notes =>
    [
        $"The stores are {StoreLoop.Instruction}, on lines that are in no cache, which is their best case; the flush "
            + $"uses {ProcessorCache.FlushInstruction} on lines just written.",
        "Two threads take half of the range each, on two processors.",
    ];

    public override string? Missing(RunSettings settings) =>
        ProcessorCache.UnsupportedReason
        ?? (StoreLoop.Instruction is null ? ".NET offers no non-temporal stores for this processor" : null)
        ?? (PartnerThread.IsPossible ? null : "this process may use one processor only; two are needed");

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        long[] sizes = settings.IsQuick ? [64 * Sizes.MiB] : [64 * Sizes.MiB, 256 * Sizes.MiB, 1 * Sizes.GiB];
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        using var partner = new PartnerThread();
        using var memory = new TouchedMemory(sizes[^1]);
        foreach (long bytes in sizes) yield return Compare(memory, partner, bytes);
    }

    private static Comparison Compare(TouchedMemory memory, PartnerThread partner, long bytes)
    {
        long half = bytes / 2;
        return new Comparison(
            Sizes.Bytes(bytes),
            bytes,
            [
                One(Flush, LineState.Dirty, () => FlushRange(0, bytes)),
                Two(FlushByTwo, LineState.Dirty, () => FlushRange(0, half), () => FlushRange(half, half)),
                One(Store, LineState.Absent, () => StoreRange(0, bytes)),
                Two(StoreByTwo, LineState.Absent, () => StoreRange(0, half), () => StoreRange(half, half)),
            ],
            Reference: Store,
            [new SpeedDemand(Flush, Store, BandwidthMin), new SpeedDemand(FlushByTwo, Flush, TwoThreadsMin)]);

        void FlushRange(long offset, long length) =>
            ProcessorCache.FlushAndInvalidate(new ReadOnlySpan<byte>(memory.Address + offset, (int)length));

        void StoreRange(long offset, long length) => StoreLoop.Fill(memory.Address + offset, length, (byte)length);

        Rival One(string name, LineState state, Action work) =>
            new(name, () => LinePass.Prepare(memory.Address, bytes, state), () => Time(work));

        Rival Two(string name, LineState state, Action here, Action there) =>
            new(
                name,
                () =>
                {
                    LinePass.Prepare(memory.Address, bytes, state);
                    partner.GetReady();
                },
                () => Time(() => partner.RunBoth(here, there)));
    }

    private static Slice Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
    }
}
