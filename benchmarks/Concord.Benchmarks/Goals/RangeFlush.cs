using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Interop;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P1: flushing a range from the processors' caches, against libpmem.</summary>
internal sealed unsafe class RangeFlush : Goal
{
    private const string Concord = "Concord FlushAndInvalidate", WriteBack = "Concord WriteBack",
        Peer = "libpmem flush + drain";
    private const string PeerDone = "libpmem, then a full fence";

    /// <summary>
    /// A page is flushed in a tenth of a microsecond, near the cost of reading the clock: so many pages are flushed
    /// between two readings, one call each. Together they fit the first cache, where a page just used lies.
    /// </summary>
    private const int PagesPerReading = 8;

    private const double SpeedMin = 0.95;

    /// <summary>At 4 KiB the two fences and the calls are a fifth of the time.</summary>
    private const double SpeedOfPageMin = 0.85;

    public override string Name => "P1";

    public override string Title => "Flush a range from the processors' caches";

    public override string Target =>
        $"≥ {SpeedMin} of libpmem at 1 MiB, 64 MiB and 1 GiB, clean and dirty; ≥ {SpeedOfPageMin} at 4 KiB";

    public override IEnumerable<string> Notes =>
    [
        $"FlushAndInvalidate uses {ProcessorCache.FlushInstruction}, WriteBack {ProcessorCache.WriteBackInstruction}; "
            + "libpmem chooses its own (clwb where the processor has it).",
        "All rivals work on the same memory, 4 KiB pages without huge pages, after the same preparation. libpmem is "
            + "called in the same process without a transition of the garbage collector.",
        "FlushAndInvalidate returns when the lines are in memory; pmem_drain only orders what follows. At 4 KiB that "
            + "wait is a large part of the time, so there libpmem is also shown with a full fence after it.",
    ];

    public override string? Missing(RunSettings settings) =>
        ProcessorCache.UnsupportedReason ?? (Libpmem.Loaded is null ? Libpmem.Missing : null);

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        long[] sizes = settings.IsQuick
            ? [4 * Sizes.KiB, 1 * Sizes.MiB, 64 * Sizes.MiB]
            : [4 * Sizes.KiB, 1 * Sizes.MiB, 64 * Sizes.MiB, 1 * Sizes.GiB];
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        using var memory = new TouchedMemory(sizes[^1]);
        foreach (long bytes in sizes)
        {
            foreach (LineState state in (LineState[])[LineState.Clean, LineState.Dirty])
                yield return Compare(memory, bytes, state);
        }
    }

    private static Comparison Compare(TouchedMemory memory, long bytes, LineState state)
    {
        Libpmem libpmem = Libpmem.Loaded!;
        List<Rival> rivals =
        [
            Flusher(Concord, memory, bytes, state,
                static (address, length) => ProcessorCache.FlushAndInvalidate(new ReadOnlySpan<byte>(address, length))),
            Flusher(WriteBack, memory, bytes, state,
                static (address, length) => ProcessorCache.WriteBack(new ReadOnlySpan<byte>(address, length))),
            Flusher(Peer, memory, bytes, state, (address, length) => libpmem.FlushAndDrain(address, (nuint)length)),
        ];

        // Beyond a page the wait at the end is lost in the rest.
        bool isPage = bytes == 4 * Sizes.KiB;
        if (isPage)
        {
            rivals.Add(Flusher(PeerDone, memory, bytes, state, (address, length) =>
            {
                libpmem.FlushAndDrain(address, (nuint)length);
                if (Sse2.IsSupported) Sse2.MemoryFence();
                else Thread.MemoryBarrier();
            }));
        }

        return new Comparison(
            $"{Sizes.Bytes(bytes)}, {state.ToString().ToLowerInvariant()}",
            bytes,
            rivals,
            Reference: Peer,
            [new SpeedDemand(Concord, Peer, isPage ? SpeedOfPageMin : SpeedMin)]);
    }

    private delegate void Flush(byte* address, int length);

    private static Rival Flusher(string name, TouchedMemory memory, long bytes, LineState state, Flush flush)
    {
        int calls = bytes <= 4 * Sizes.KiB ? PagesPerReading : 1;
        int repeats = Repeats(bytes);
        return new Rival(name, Prepare, Measure);

        void Prepare() => LinePass.Prepare(memory.Address, calls * bytes, state);

        Slice Measure()
        {
            long ticks = 0;
            for (int repeat = 0; repeat < repeats; repeat++)
            {
                if (repeat > 0) Prepare();
                long start = Stopwatch.GetTimestamp();
                for (int call = 0; call < calls; call++) flush(memory.Address + call * bytes, (int)bytes);
                ticks += Stopwatch.GetTimestamp() - start;
            }

            return new Slice((double)ticks / Stopwatch.Frequency * 1e9 / repeats / calls);
        }
    }

    /// <summary>Short flushes are repeated within a slice until it lasts long enough to average over.</summary>
    private static int Repeats(long bytes) => bytes switch
    {
        <= 64 * Sizes.KiB => 128,
        <= 2 * Sizes.MiB => 16,
        _ => 1,
    };
}
