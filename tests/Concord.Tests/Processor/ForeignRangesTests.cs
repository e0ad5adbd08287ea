using Concord.Interop;
using FsCheck;
using FsCheck.Fluent;

namespace Concord.Tests.Processor;

public sealed unsafe class ForeignRangesTests
{
    private static readonly int Page = Environment.SystemPageSize;

    [Fact]
    public void A_range_inside_a_foreign_one_goes_to_its_owner_alone()
    {
        var (flusher, table, owner) = Make();
        table.Add(0x10_0000, (nuint)Page, owner);

        flusher.FlushReadable(0x10_0007, 100);
        flusher.WriteBackReadable(0x10_0008, 1);

        Assert.Equal([(0x10_0007, 100, true), (0x10_0008, 1, false)], owner.Calls);
    }

    [Fact]
    public void Of_a_range_that_overlaps_only_the_overlap_goes_to_the_owner()
    {
        var (flusher, table, owner) = Make();
        using var memory = new TwiceMapped(4 * Page);
        nint second = (nint)memory.First + Page;
        table.Add(second, (nuint)Page, owner);

        flusher.FlushReadable((nuint)memory.First + 100, (nuint)(3 * Page));
        flusher.FlushReadable((nuint)memory.First, (nuint)Page);
        flusher.FlushReadable((nuint)memory.First, (nuint)Page + 1);
        flusher.FlushReadable((nuint)second + (nuint)Page - 1, 2);

        Assert.Equal([(second, (nuint)Page, true), (second, 1, true), (second + Page - 1, 1, true)], owner.Calls);
    }

    [Fact]
    public void A_checked_flush_does_not_even_look_at_a_foreign_range()
    {
        var (flusher, table, owner) = Make();
        nint unmapped = 4096;
        Assert.Throws<ArgumentException>(() => flusher.FlushChecked(unmapped, 1));
        table.Add(unmapped, (nuint)Page, owner);

        flusher.FlushChecked(unmapped, (nuint)Page);
        flusher.WriteBackChecked(unmapped + 1, 1);

        Assert.Equal([(unmapped, (nuint)Page, true), (unmapped + 1, 1, false)], owner.Calls);
    }

    [Fact]
    public void What_was_removed_is_asked_no_more()
    {
        var (flusher, table, owner) = Make();
        using var memory = new TwiceMapped(Page);
        table.Add((nint)memory.First, (nuint)Page, owner);
        Assert.True(table.Remove((nint)memory.First));
        Assert.False(table.Remove((nint)memory.First));

        flusher.FlushReadable((nuint)memory.First, (nuint)Page);

        Assert.Empty(owner.Calls);
    }

    [Fact]
    public void Overlapping_ranges_and_pieces_of_pages_are_refused_and_the_table_stays()
    {
        var (_, table, owner) = Make();
        table.Add(0x10_0000, (nuint)(2 * Page), owner);

        Assert.Equal("address",
            Assert.Throws<ArgumentException>(() => table.Add(0x10_0000 + Page, (nuint)Page, owner)).ParamName);
        Assert.Equal("address",
            Assert.Throws<ArgumentException>(() => table.Add(0x10_0000 - Page, (nuint)(8 * Page), owner)).ParamName);
        Assert.Equal("length", Assert.Throws<ArgumentException>(() => table.Add(0x20_0000, 1, owner)).ParamName);
        Assert.Equal("length", Assert.Throws<ArgumentException>(() => table.Add(0x20_0000, 0, owner)).ParamName);
        Assert.Equal(
            "length", Assert.Throws<ArgumentException>(() => table.Add(-Page, (nuint)(2 * Page), owner)).ParamName);
        Assert.Equal(1, table.Snapshot.Count);
    }

    [Fact]
    public void The_table_holds_what_a_sorted_set_would() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<(byte, bool)>().ListOf().ToArbitrary(), steps =>
        {
            var (_, table, owner) = Make();
            var model = new SortedSet<nuint>();
            foreach (var (index, isAdd) in steps)
            {
                var address = (nuint)((index + 1) * Page);
                if (isAdd && model.Add(address)) table.Add((nint)address, (nuint)Page, owner);
                else if (!isAdd && table.Remove((nint)address) != model.Remove(address)) return false;
            }

            return table.Snapshot.ToArray().Select(e => e.Start).SequenceEqual(model);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_look_up_allocates_nothing()
    {
        var table = new ForeignRanges();
        var flusher = Flushers.With(null, table);
        var owner = new SilentOwner();
        using var memory = new TwiceMapped(4 * Page);
        table.Add((nint)memory.First + Page, (nuint)Page, owner);
        flusher.FlushReadable((nuint)memory.First, (nuint)memory.Bytes);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) flusher.FlushReadable((nuint)memory.First, (nuint)memory.Bytes);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1_001, owner.Calls);
    }

    [Fact]
    public void A_flush_sees_each_range_wholly_or_not_at_all_while_others_come_and_go()
    {
        const int Flushes = 20_000, Ranges = 8;
        var table = new ForeignRanges();
        var flusher = Flushers.With(null, table);
        using var memory = new TwiceMapped(2 * Ranges * Page);
        var owner = new SilentOwner { LengthDue = (nuint)Page };
        nint steady = (nint)memory.First + Page;
        table.Add(steady, (nuint)Page, owner);
        using var changesBegan = new ManualResetEventSlim();
        bool isOver = false;
        var writer = new Thread(() =>
        {
            for (int i = 1; !Volatile.Read(ref isOver); i = (i % (Ranges - 1)) + 1)
            {
                nint address = (nint)memory.First + (((2 * i) + 1) * Page);
                table.Add(address, (nuint)Page, owner);
                changesBegan.Set();
                Assert.True(table.Remove(address));
            }
        });
        writer.Start();
        changesBegan.Wait(TestContext.Current.CancellationToken);

        for (int i = 0; i < Flushes; i++) flusher.FlushReadable((nuint)memory.First, (nuint)memory.Bytes);

        Volatile.Write(ref isOver, true);
        writer.Join();
        Assert.True(owner.Calls >= Flushes, "the range that stayed is handed over by every flush");
        Assert.Equal(0, owner.Pieces);
        Assert.Equal(1, table.Snapshot.Count);
    }

    private static (Concord.Processor.LineFlusher, ForeignRanges, RecordingOwner) Make()
    {
        var table = new ForeignRanges();
        return (Flushers.With(null, table), table, new RecordingOwner());
    }

    /// <summary>An owner that counts, and allocates nothing.</summary>
    private sealed class SilentOwner : IForeignRange
    {
        public int Calls { get; private set; }

        public int Pieces { get; private set; }

        public nuint LengthDue { get; init; } = (nuint)Environment.SystemPageSize;

        public void FlushLines(nint address, nuint length, bool invalidate)
        {
            Calls++;
            if (length != LengthDue) Pieces++;
        }
    }
}
