using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Interop;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P16: reads of a file that is in no cache, in order and at random.</summary>
internal sealed unsafe class ColdReads : Goal
{
    private const string Concord = "Concord, direct store", Huge = "Concord, direct store, huge pages",
        Buffered = "read with kernel read-ahead", Direct = "direct pread";

    private const double SequentialMin = 1.0;

    /// <summary>A read may take 1.15 times as long.</summary>
    private const double RandomMin = 1 / 1.15;

    private const int PageBytes = 4096, SequentialBytes = (int)(128 * Sizes.KiB), RandomReads = 500;
    private const long FileBytes = 512 * Sizes.MiB, FileBytesQuick = 128 * Sizes.MiB;

    private int _seed;

    public override string Name => "P16";

    public override string Title => "Cold reads";

    public override string Target =>
        $"in order, {Sizes.Bytes(SequentialBytes)} a call: ≥ {SequentialMin:0.0} of buffered reads with kernel "
            + $"read-ahead; at random, {Sizes.Bytes(PageBytes)}: at most 1.15 times a direct pread";

    public override IEnumerable<string> Notes =>
    [
        $"A file of {Sizes.Bytes(FileBytes)} ({Sizes.Bytes(FileBytesQuick)} in a quick run), before each slice in "
            + "neither cache, by the kernel's own answer.",
        "Huge pages: a cache made with SectionKind.Huge. A device fills memory in pieces that lie together, which "
            + "small pages seldom do.",
        $"At random: {RandomReads} pages, each once, others in each slice; the time is that of one read.",
    ];

    public override string? Missing(RunSettings settings) => DiskGoal.Missing(settings);

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using var file = new StoredFile(settings.Folder, settings.IsQuick ? FileBytesQuick : FileBytes,
            StoreCaching.Direct, isHuge: true);
        var huge = file.CachedHuge;
        yield return new Comparison(
            "in order",
            file.Bytes,
            [
                new Rival(Concord, file.MakeCold,
                    () => InOrder(file, at => file.Cached.Read(at, file.Buffer(SequentialBytes)))),
                .. huge is null ? (Rival[])[] : [new Rival(
                    Huge, file.MakeCold, () => InOrder(file, at => huge.Read(at, file.Buffer(SequentialBytes))))],
                new Rival(Buffered, file.MakeCold,
                    () => InOrder(file, at => RandomAccess.Read(file.Handle, file.Buffer(SequentialBytes), at))),
                new Rival(Direct, file.MakeCold, () => InOrder(file, at => DirectRead(file, at, SequentialBytes))),
            ],
            Reference: Buffered,
            [
                new SpeedDemand(Concord, Buffered, SequentialMin),
                .. huge is null ? (Demand[])[] : [new SpeedDemand(Huge, Buffered, SequentialMin)],
            ]);
        yield return new Comparison(
            "at random",
            PageBytes,
            [
                new Rival(Concord, file.MakeCold,
                    () => AtRandom(file, at => file.Cached.Read(at, file.Buffer(PageBytes)))),
                new Rival(Direct, file.MakeCold, () => AtRandom(file, at => DirectRead(file, at, PageBytes))),
            ],
            Reference: Direct,
            [new SpeedDemand(Concord, Direct, RandomMin)])
        {
            // A slice has few reads: more of them until the code is what it will be.
            WarmUp = TimeSpan.FromSeconds(2),
        };
    }

    private static Slice InOrder(StoredFile file, Func<long, int> read)
    {
        long start = Stopwatch.GetTimestamp();
        for (long at = 0; at < file.Bytes; at += SequentialBytes) Require(read(at) == SequentialBytes);
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
    }

    private Slice AtRandom(StoredFile file, Func<long, int> read)
    {
        var random = new Random(++_seed);
        int[] pages = [.. Enumerable.Range(0, RandomReads).Select(_ => random.Next((int)(file.Bytes / PageBytes)))
            .Distinct()];
        long start = Stopwatch.GetTimestamp();
        foreach (int page in pages) Require(read((long)page * PageBytes) == PageBytes);
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / pages.Length);
    }

    private static int DirectRead(StoredFile file, long at, int length) =>
        (int)Libc.Pread((int)file.Direct.DangerousGetHandle(), file.Piece, length, at);

    private static void Require(bool isWhole)
    {
        if (!isWhole) throw new InvalidOperationException("a read was short");
    }
}
