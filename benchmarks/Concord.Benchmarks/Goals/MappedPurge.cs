using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>P13: purging a range that a view maps, while another thread of the process runs.</summary>
internal sealed class MappedPurge : Goal
{
    private const string Concord = "Concord FlushAndPurge", Peer = "PUNCH_HOLE, 2 MiB a call";

    /// <summary>The goal is a time, 1.5 of the punch's; this is it as a speed.</summary>
    private const double TimeMax = 1.5, SpeedMin = 1 / TimeMax;

    private const long Bytes = 128 * Sizes.MiB, BytesQuick = 32 * Sizes.MiB, PunchBytes = 2 * Sizes.MiB;

    public override string Name => "P13";

    public override string Title => "Purge a clean range that a view maps, with a second thread running";

    public override string Target => $"≤ {TimeMax} of punching the same memory in pieces of {Sizes.Bytes(PunchBytes)}";

    public override IEnumerable<string> Notes =>
    [
        $"{Sizes.Bytes(Bytes)} ({Sizes.Bytes(BytesQuick)} in a quick run), every page in memory and mapped twice, by "
            + "whoever fills it and by the view, which the kernel is asked. The times are those of a page.",
        "The second thread runs on the second processor, which each change of translations has to interrupt. After the "
            + "purge no page is in the cache, and none is mapped, which is proved.",
        "Profile (perf): five sixths of it are system calls, three quarters of those the giving back and a quarter "
            + "the views. Our pages have three mappings (the view, the cache's own, and the one through which pages "
            + "appear), whose translations go one after the other before the punch; the peer's have two. A view for "
            + "writing is also frozen and asked once more what was written.",
    ];

    public override string? Missing(RunSettings settings) =>
        ViewedFile.Missing
            ?? (PartnerThread.IsPossible ? null : "this process may use one processor only; two are needed");

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        long bytes = settings.IsQuick ? BytesQuick : Bytes;
        using var partner = new PartnerThread();
        foreach (ViewAccess access in (ViewAccess[])[ViewAccess.Read, ViewAccess.ReadWrite])
        {
            using var file = new ViewedFile(bytes, access);
            using var plain = new PlainMapping(bytes);
            using PageOrder order = PageOrder.Ascending((int)file.Pages);
            using PinnedThread pin = PinnedThread.ToProcessor(0);
            yield return Compare(access == ViewAccess.Read ? "a view for reading" : "a view for writing", partner, file,
                plain, order);
        }
    }

    private static Comparison Compare(string title, PartnerThread partner, ViewedFile file, PlainMapping plain,
        PageOrder order) => new(
        $"{Sizes.Bytes(file.Bytes)}, {title}",
        RandomPages.PageBytes,
        [
            new Rival(
                Concord,
                () =>
                {
                    file.BringIn();
                    file.MapClean();
                    partner.GetReady();
                },
                () => Beside(partner, file.Pages, () => file.Cached.FlushAndPurge(), file.ProveEmpty)),
            new Rival(
                Peer,
                () =>
                {
                    plain.Fill();
                    NativeTouch.Read(plain.Address, order);
                    Translations.Prove(plain.Address, plain.Bytes, order.Count);
                    partner.GetReady();
                },
                () => Beside(
                    partner,
                    file.Pages,
                    () =>
                    {
                        for (long at = 0; at < plain.Bytes; at += PunchBytes) plain.Punch(at, PunchBytes);
                    },
                    () => Translations.Prove(plain.Address, plain.Bytes, 0))),
        ],
        Reference: Peer,
        [new SpeedDemand(Concord, Peer, SpeedMin)])
        {
            // A slice is one call: more of them until the code is what it will be.
            WarmUp = TimeSpan.FromSeconds(2),
            SharesProcessors = true,
        };

    /// <summary>The time of a page, with the other thread running from before the beginning to the end.</summary>
    private static Slice Beside(PartnerThread partner, long pages, Action purge, Action prove)
    {
        bool isDone = false;
        double nanoseconds = 0;
        partner.RunBoth(
            () =>
            {
                long start = Stopwatch.GetTimestamp();
                purge();
                nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
                Volatile.Write(ref isDone, true);
            },
            () =>
            {
                while (!Volatile.Read(ref isDone)) Thread.SpinWait(1);
            });
        prove();
        return new Slice(nanoseconds / pages);
    }
}
