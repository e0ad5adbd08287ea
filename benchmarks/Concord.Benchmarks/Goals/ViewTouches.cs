using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// P7: the first touch of a page that is in the cache, by native code in a view, against a plain mapping.
/// </summary>
internal sealed class ViewTouches : Goal
{
    private const string Concord = "Concord view", Peer = "memfd mapping";

    /// <summary>The goal is a time, 1.15 of the peer's; this is it as a speed.</summary>
    private const double TimeMax = 1.15, SpeedMin = 1 / TimeMax;

    private const int Pages = 512;

    /// <summary>So often in a slice: the fault of a page takes well under a microsecond.</summary>
    private const int Passes = 16;

    public override string Name => "P7";

    public override string Title => "Touch a page in a view that is in the cache";

    public override string Target =>
        $"a read, and a write in a private view: ≤ {TimeMax} of the time in a plain memfd mapping";

    public override IEnumerable<string> Notes =>
    [
        $"{Pages} pages at random, by native code; before each pass every page is in memory and none is mapped, which "
            + "the kernel is asked. The time is that of a page.",
        "The kernel maps neighbours of a page that is read; with either. In a private view a write makes a page of the "
            + "view's own, so its peer is a private mapping.",
    ];

    public override string? Missing(RunSettings settings) => ViewedFile.Missing;

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        const long Bytes = Pages * (long)RandomPages.PageBytes;
        using PageOrder order = PageOrder.Shuffled(Pages);
        using (var file = new ViewedFile(Bytes, ViewAccess.Read))
        using (var plain = new PlainMapping(Bytes))
        using (PinnedThread.ToProcessor(0))
        {
            file.BringInUnmapped();
            yield return Compare(
                "read",
                () => Passing(file.TakeOut, () => NativeTouch.TimeReads(file.Address, order)),
                () => Passing(plain.Unmap, () => NativeTouch.TimeReads(plain.Address, order)));
        }

        using (var file = new ViewedFile(Bytes, ViewAccess.CopyOnWrite))
        using (var plain = new PlainMapping(Bytes, isPrivate: true))
        using (PinnedThread.ToProcessor(0))
        {
            file.BringInUnmapped();
            yield return Compare(
                "write, private",
                () => Passing(file.TakeOut, () => NativeTouch.TimeWrites(file.Address, order, 2)),
                () => Passing(plain.Unmap, () => NativeTouch.TimeWrites(plain.Address, order, 2)));
        }
    }

    private static Comparison Compare(string title, Func<Slice> view, Func<Slice> plain) => new(
        title,
        RandomPages.PageBytes,
        [new Rival(Concord, static () => { }, view), new Rival(Peer, static () => { }, plain)],
        Reference: Peer,
        [new SpeedDemand(Concord, Peer, SpeedMin)]);

    /// <summary>The mean of some passes, each from the same state.</summary>
    private static Slice Passing(Action prepare, Func<Slice> pass)
    {
        double sum = 0;
        for (int i = 0; i < Passes; i++)
        {
            prepare();
            sum += pass().Nanoseconds;
        }

        return new Slice(sum / Passes);
    }
}
