using Concord.Interop;
using Concord.Processor;
using FsCheck;
using FsCheck.Fluent;

namespace Concord.Tests.Processor;

public sealed class LineSweepTests
{
    private static readonly AddressTable<IForeignRange>.Snapshot Nobodys = new ForeignRanges().Snapshot;

    private const int Seed = 20_100, LargeBytes = 48 << 10, SmallBytes = 1 << 10;

    [Theory]
    [InlineData("clflush", 64, 10_000)]
    [InlineData("clflushopt", 64, 100_000)]
    [InlineData("clwb", 64, 10_000)]
    [InlineData("clwb", 128, 10_000)]
    public void Of_random_ranges_each_line_is_touched_once_and_one_fence_comes_after_all(
        string instruction, int lineSize, int ranges)
    {
        var emulation = new Emulation(EmittedX64CodeTests.Named(instruction), lineSize);
        var random = new Random(Seed);
        for (int i = 0; i < ranges; i++)
        {
            emulation.Clear();
            var start = (nuint)random.NextInt64(1L << 46);
            var length = (nuint)random.Next(1, random.Next(16) == 0 ? LargeBytes : SmallBytes);

            LineSweep.Run(new EmulatedRoutines(emulation), start, start + length, Nobodys, invalidate: true);

            AssertEachLineOnce(emulation, start, length);
        }

        Figures.Record("R10", $"ranges whose lines were each touched once ({instruction}, {lineSize})", $"{ranges:N0}",
            "all, one fence each");
    }

    [Fact]
    public void No_call_of_machine_code_covers_more_than_a_piece()
    {
        foreach (string name in (string[])["clflush", "clflushopt", "clwb"])
        {
            var emulation = new Emulation(EmittedX64CodeTests.Named(name), 64);
            LineSweep.Run(new EmulatedRoutines(emulation), 1, 1 << 20, Nobodys, invalidate: true);
            Assert.True(emulation.PieceLengths.Max() <= emulation.Instruction.PieceBytes());
            Assert.Equal((1 << 20) / (int)emulation.Instruction.PieceBytes(), emulation.PieceLengths.Count);
        }
    }

    [Fact]
    public void Around_foreign_ranges_each_line_of_our_own_is_touched_once_and_the_rest_goes_to_its_owner() =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<uint>().ListOf().ToArbitrary(),
            ArbMap.Default.GeneratorFor<uint>().ToArbitrary(),
            ArbMap.Default.GeneratorFor<ushort>().ToArbitrary(),
            (seeds, start, length) => OwnAndForeignLinesAreEachDoneOnce([.. seeds], start % (40 * 4096), length + 1u))
        .QuickCheckThrowOnFailure();

    private static bool OwnAndForeignLinesAreEachDoneOnce(uint[] seeds, uint start, uint length)
    {
        var table = new ForeignRanges();
        var owner = new RecordingOwner();
        var page = (nuint)Environment.SystemPageSize;
        foreach (uint index in seeds.Select(s => s % 40).Distinct()) table.Add((nint)((index + 1) * page), page, owner);
        var emulation = new Emulation(CacheInstruction.Clflushopt, 64);

        LineSweep.Run(new EmulatedRoutines(emulation), start, start + length, table.Snapshot, invalidate: true);

        var bytes = new HashSet<nuint>();
        foreach (var (from, count, _) in owner.Calls)
        {
            for (nuint i = 0; i < count; i++)
            {
                if (!bytes.Add((nuint)from + i)) return false;
            }
        }

        var entries = table.Snapshot.ToArray();
        bool IsForeign(nuint address) => entries.Any(e => e.Start <= address && address < e.End);
        bool foreignIsDone = true, linesAreDone = emulation.Touched.Count == emulation.Touched.Distinct().Count();
        var lines = emulation.Touched.Select(l => (nuint)l).ToHashSet();
        for (nuint address = start; address < start + length; address++)
        {
            if (IsForeign(address)) foreignIsDone &= bytes.Contains(address) && !lines.Contains(address & ~(nuint)63);
            else linesAreDone &= lines.Contains(address & ~(nuint)63);
        }

        return foreignIsDone && linesAreDone && emulation.FencedAfter is [var at] && at == emulation.Touched.Count;
    }

    private static void AssertEachLineOnce(Emulation emulation, nuint start, nuint length)
    {
        ulong line = (ulong)emulation.LineSize, next = start & ~(line - 1),
            end = (start + length + line - 1) & ~(line - 1);
        foreach (ulong touched in emulation.Touched)
        {
            if (touched != next)
                Assert.Fail($"0x{start:x}+{length}: line 0x{touched:x} was touched where 0x{next:x} was due");
            next += line;
        }

        Assert.Equal(end, next);
        int[] opening = emulation.Instruction == CacheInstruction.Clflush ? [0] : [];
        Assert.Equal([.. opening, emulation.Touched.Count], emulation.FencedAfter);
    }
}
