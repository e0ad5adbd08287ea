using System.Runtime.InteropServices;

namespace Concord.Tests.Processor;

/// <summary>The effect on the real processor: after a flush a load has to go to memory.</summary>
public sealed unsafe class ReloadTests
{
    private const int Seed = 10_000, RegionBytes = 4 << 20, Line = 64;

    /// <summary>Slices that may be measured anew when the machine was busy with something else.</summary>
    private const int SlicesMax = 5;

    private static int Lines => TestRun.IsFull ? 10_000 : 3_000;

    public static TheoryData<string> Choices => Flushers.Offered;

    [Theory, MemberData(nameof(Choices))]
    [Row(36)]
    public void A_reload_after_a_flush_is_twice_as_slow_as_a_hit(string choice)
    {
        RequireTimer();
        var flusher = Flushers.Of(choice);
        using var memory = new TwiceMapped(RegionBytes);

        AssertSlow((line, isDirty) =>
        {
            double hit = LineTimer.Hit(memory.First + line);
            if (isDirty) memory.First[line]++;
            flusher.Flush(new ReadOnlySpan<byte>(memory.First + line, 1));
            return (hit, LineTimer.Load(memory.First + line));
        });
    }

    [Theory, MemberData(nameof(Choices))]
    [Row(36, 38)]
    public void A_flush_through_one_mapping_takes_the_line_from_the_other(string choice)
    {
        RequireTimer();
        var flusher = Flushers.Of(choice);
        using var memory = new TwiceMapped(RegionBytes);

        AssertSlow((line, isDirty) =>
        {
            if (isDirty) memory.Second[line]++;
            double hit = LineTimer.Hit(memory.Second + line);
            flusher.Flush(new ReadOnlySpan<byte>(memory.First + line, 1));
            return (hit, LineTimer.Load(memory.Second + line));
        });
    }

    [Fact]
    [Row(36)]
    public void Without_a_flush_a_load_is_a_hit()
    {
        RequireTimer();
        using var memory = new TwiceMapped(RegionBytes);
        var reloads = Measure((line, _) => (LineTimer.Hit(memory.First + line), LineTimer.Load(memory.First + line)));

        Assert.True(reloads.SlowShare < 0.5, $"the timer sees hits as misses: {reloads}");
    }

    [Theory, MemberData(nameof(Choices))]
    [Row(35)]
    public void A_flush_writes_back_what_was_written_and_changes_no_byte(string choice)
    {
        var flusher = Flushers.Of(choice);
        var random = new Random(Seed);
        byte[] memory = new byte[1 << 20], expected = new byte[memory.Length];
        for (int round = 0; round < 2_000; round++)
        {
            int start = random.Next(memory.Length), length = random.Next(Math.Min(memory.Length - start, 8 << 10) + 1);
            random.NextBytes(memory.AsSpan(start, length));
            memory.AsSpan(start, length).CopyTo(expected.AsSpan(start));
            int from = random.Next(memory.Length), count = random.Next(Math.Min(memory.Length - from, 64 << 10) + 1);
            if (round % 2 == 0) flusher.Flush(memory.AsSpan(from, count));
            else flusher.WriteBack(memory.AsSpan(from, count));
            if (round % 100 == 0) Assert.Equal(expected, memory);
        }

        flusher.Flush(memory);
        Assert.Equal(expected, memory);
    }

    private static void AssertSlow(Func<int, bool, (double Hit, double Reload)> measure)
    {
        var reloads = Measure(measure);
        for (int slice = 1; slice < SlicesMax && !reloads.AreSlow; slice++) reloads = Measure(measure);
        TestContext.Current.TestOutputHelper?.WriteLine(reloads.ToString());
        Assert.True(reloads.AreSlow, reloads.ToString());
    }

    /// <summary>Lines all over the region, in an order that no prefetcher guesses; every other one dirty.</summary>
    private static Reloads Measure(Func<int, bool, (double Hit, double Reload)> measure)
    {
        var random = new Random(Seed);
        var reloads = new Reloads();
        for (int i = 0; i < Lines; i++)
        {
            var (hit, reload) = measure(random.Next(RegionBytes / Line) * Line, (i & 1) == 0);
            reloads.Add(hit, reload);
        }

        return reloads;
    }

    internal static void RequireTimer() => Assert.SkipUnless(
        RuntimeInformation.ProcessArchitecture == Architecture.X64 && ProcessorCache.IsSupported,
        "loads are timed with the counter of x64 processors");
}
