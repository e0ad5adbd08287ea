using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Nt;
using Concord.Processor;
using Concord.Tests.Processor;

#pragma warning disable CS0618 // KeInvalidateAllCaches is obsolete as the original is, and tested all the same.

namespace Concord.Tests.Nt;

public sealed unsafe class NtddkTests
{
    private const int Seed = 43;

    [Fact]
    [Row(35)]
    public void Contents_are_the_same_afterwards()
    {
        var random = new Random(Seed);
        byte[] memory = new byte[100_000];
        random.NextBytes(memory);
        byte[] expected = [.. memory];
        fixed (byte* first = memory)
        {
            for (int i = 0; i < 1_000; i++)
            {
                int start = random.Next(memory.Length);
                Ntddk.KeInvalidateRangeAllCaches(first + start, (uint)random.Next(memory.Length - start + 1));
            }
        }

        Assert.Equal(expected, memory);
    }

    [Fact]
    [Row(36, 37)]
    public void Lines_are_out_of_the_caches_when_it_returns() => AssertReloadsAreSlow((memory, line) =>
        Ntddk.KeInvalidateRangeAllCaches(memory.First + line, 1));

    [Fact]
    [Row(38)]
    public void Lines_are_out_of_the_caches_through_another_mapping_too() => AssertReloadsAreSlow((memory, line) =>
        Ntddk.KeInvalidateRangeAllCaches(memory.Second + line, 1));

    [Fact]
    [Row(39)]
    public void At_dispatch_level_it_allocates_nothing()
    {
        byte[] memory = GC.AllocateArray<byte>(100_000, pinned: true);
        byte* first = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0);
        using var region = ProcessorCache.Register(memory);
        using var scope = Irql.Raise(Irql.DispatchLevel);
        Flush(1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Flush(1_000);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Flush(int times)
        {
            for (int i = 0; i < times; i++)
            {
                Ntddk.KeInvalidateRangeAllCaches(first, (uint)memory.Length);
                ProcessorCache.FlushAndInvalidate(memory);
                _ = Ntddk.KeInvalidateAllCaches();
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Row(39)]
    public void It_is_allowed_up_to_dispatch_level(byte level)
    {
        byte[] memory = [1, 2, 3];
        using var scope = Irql.Raise(new Irql(level));
        fixed (byte* first = memory) Ntddk.KeInvalidateRangeAllCaches(first, 3);
        _ = Ntddk.KeInvalidateAllCaches();
        Assert.Equal([1, 2, 3], memory);
    }

    [Fact]
    [Row(39)]
    public void Above_dispatch_level_it_is_refused()
    {
        using var scope = Irql.Raise(new Irql(3));
        var range = Assert.Throws<InvalidOperationException>(() => Ntddk.KeInvalidateRangeAllCaches(null, 0));
        var all = Assert.Throws<InvalidOperationException>(() => Ntddk.KeInvalidateAllCaches());
        Assert.Contains("at IRQL 2 (DISPATCH_LEVEL) or lower, and this thread runs at 3", range.Message,
            StringComparison.Ordinal);
        Assert.Contains(nameof(Ntddk.KeInvalidateAllCaches), all.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void At_passive_level_a_range_that_cannot_be_read_is_refused()
    {
        Assert.Equal("address",
            Assert.Throws<ArgumentException>(() => Ntddk.KeInvalidateRangeAllCaches((void*)64, 64)).ParamName);
        Assert.Equal("length", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Ntddk.KeInvalidateRangeAllCaches((void*)-64L, 128)).ParamName);
    }

    [Fact]
    public void At_dispatch_level_it_does_not_ask_whether_a_range_can_be_read()
    {
        var owner = new RecordingOwner();
        const nint Unmapped = 1 << 16;
        ForeignRanges.Shared.Add(Unmapped, (nuint)Environment.SystemPageSize, owner);
        try
        {
            using var scope = Irql.Raise(Irql.DispatchLevel);
            Ntddk.KeInvalidateRangeAllCaches((void*)Unmapped, 10);
        }
        finally
        {
            Assert.True(ForeignRanges.Shared.Remove(Unmapped));
        }

        Assert.Equal([(Unmapped, 10, true)], owner.Calls);
    }

    [Fact]
    [Row(40)]
    public void On_another_architecture_the_range_works_and_all_is_not_offered()
    {
        LineFlusher real = Flushers.Default;
        var routines = new MachineRoutines(real.FlushInstruction, real.LineSize, 0, 0);
        var arm = new LineFlusher(Architecture.Arm64, routines, routines, new ForeignRanges(),
            NativeSystem.Current!.AddressSpace);

        var error = Assert.Throws<PlatformNotSupportedException>(() => Ntddk.FlushEverythingRegistered(arm));
        Assert.Contains("offered on X64 only, and this processor is Arm64", error.Message, StringComparison.Ordinal);
        Assert.Equal(CacheInstruction.DcCivac, Arm64Offer.Of(64).Flush);
        Assert.NotEmpty(Arm64Code.TouchLines(CacheInstruction.DcCivac, 64));
    }

    [Fact]
    [Row(41)]
    public void The_cost_grows_with_the_range_and_lies_far_below_that_of_everything()
    {
        const int Region = 64 << 20, Rounds = 9;
        nuint[] lengths = [4 << 10, 256 << 10, 4 << 20];
        using var memory = new TwiceMapped(Region);
        using var region = ProcessorCache.Register((nint)memory.First, Region);
        using var scope = Irql.Raise(Irql.DispatchLevel);
        var shares = lengths.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < Rounds; round++)
        {
            double everything = Time(() => Ntddk.KeInvalidateAllCaches());
            for (int i = 0; i < lengths.Length; i++)
                shares[i].Add(TimeRange(memory.First, (uint)lengths[i]) / everything);
        }

        double[] medians = [.. shares.Select(Reloads.Median)];
        string found = $"shares of the whole: {string.Join(", ", medians.Select(m => m.ToString("p3")))}";
        Assert.True(medians[0] < medians[1] && medians[1] < medians[2], found);
        Assert.True(medians[0] < 0.05 && medians[2] < 0.5, found);
    }

    [Fact]
    [Row(42)]
    public void No_length_does_nothing_and_an_unaligned_range_is_rounded_out_to_lines()
    {
        Ntddk.KeInvalidateRangeAllCaches(null, 0);
        Ntddk.KeInvalidateRangeAllCaches((void*)-1L, 0);

        // The two bytes on either side of a line's edge: both lines go.
        AssertReloadsAreSlow((memory, line) => Ntddk.KeInvalidateRangeAllCaches(memory.First + line + 63, 2));
        AssertReloadsAreSlow((memory, line) =>
            Ntddk.KeInvalidateRangeAllCaches(memory.First + Math.Max(0, line - 1), line == 0 ? 1u : 2u));
    }

    [Fact]
    [Row(43)]
    public void All_caches_means_every_registered_region_and_is_complete_on_return()
    {
        ReloadTests.RequireTimer();
        const int Bytes = 128 << 10, Page = 4096, SlicesMax = 5;
        using TwiceMapped first = new(Bytes), second = new(Bytes), unregistered = new(Bytes);
        using var one = ProcessorCache.Register((nint)first.First, Bytes);
        using var two = ProcessorCache.Register((nint)second.First, Bytes);
        TwiceMapped[] regions = [first, second, unregistered];
        Reloads[] reloads = [];

        // Pages and lines in no order: some processors learn a step, and fetch the next line ahead.
        var random = new Random(17);
        int[] pages = [.. Enumerable.Range(0, Bytes / Page)];
        for (int slice = 0; slice < SlicesMax; slice++)
        {
            reloads = [.. regions.Select(_ => new Reloads())];
            for (int round = 0; round < 16; round++)
            {
                random.Shuffle(pages);
                MeasureAll(regions, reloads, [.. pages.Select(page => (page * Page) + (random.Next(Page / 64) * 64))]);
            }

            if (reloads[0].AreSlow && reloads[1].AreSlow) break;
        }

        Assert.True(reloads[0].AreSlow, $"first region: {reloads[0]}");
        Assert.True(reloads[1].AreSlow, $"second region: {reloads[1]}");
        Assert.True(reloads[2].SlowShare < 0.5, $"region that is not registered: {reloads[2]}");

        static void MeasureAll(TwiceMapped[] regions, Reloads[] reloads, int[] lines)
        {
            var hits = regions.Select(r => lines.Select(line =>
            {
                r.First[line]++;
                return LineTimer.Hit(r.First + line);
            }).ToArray()).ToArray();
            _ = Ntddk.KeInvalidateAllCaches();
            for (int i = 0; i < regions.Length; i++)
            {
                for (int at = 0; at < lines.Length; at++)
                {
                    // Its page's other half, so that the time holds no walk through the address tables.
                    _ = LineTimer.Load(regions[i].First + (lines[at] ^ (Page / 2)));
                    reloads[i].Add(hits[i][at], LineTimer.Load(regions[i].First + lines[at]));
                }
            }
        }
    }

    [Fact]
    public void All_caches_is_obsolete_as_in_the_original() =>
        Assert.NotNull(
            typeof(Ntddk).GetMethod(nameof(Ntddk.KeInvalidateAllCaches))!.GetCustomAttribute<ObsoleteAttribute>());

    /// <summary>
    /// The mean of as many calls as cover the longest of the ranges, so that none is too short to be timed.
    /// </summary>
    private static double TimeRange(byte* address, uint length)
    {
        const uint TimedBytes = 4 << 20;
        uint calls = TimedBytes / length;
        return Time(() =>
        {
            for (uint i = 0; i < calls; i++) Ntddk.KeInvalidateRangeAllCaches(address, length);
        }) / calls;
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetTimestamp() - start;
    }

    private static void AssertReloadsAreSlow(Action<TwiceMapped, int> flush)
    {
        ReloadTests.RequireTimer();
        const int Region = 1 << 20, Line = 64, Lines = 1_000, SlicesMax = 5;
        using var memory = new TwiceMapped(Region + Line);
        var reloads = new Reloads();
        for (int slice = 0; slice < SlicesMax && !(reloads.Count > 0 && reloads.AreSlow); slice++)
        {
            var random = new Random(Seed);
            reloads = new Reloads();
            for (int i = 0; i < Lines; i++)
            {
                int line = random.Next(Region / Line) * Line;
                memory.First[line]++;
                double hit = LineTimer.Hit(memory.First + line);
                flush(memory, line);
                reloads.Add(hit, LineTimer.Load(memory.First + line));
            }
        }

        Assert.True(reloads.AreSlow, reloads.ToString());
    }
}
