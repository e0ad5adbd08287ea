using Concord.Tests.Interop;

namespace Concord.Tests.Processor;

/// <summary>A flush reaches the lines in another processor's cache, and has reached them when it returns.</summary>
public sealed unsafe class OtherProcessorTests
{
    private const int Seed = 37, Pages = 250, PageBytes = 4096, HalfPageBytes = PageBytes / 2, Line = 64, SlicesMax = 5;

    private static int Lines => TestRun.IsFull ? 10_000 : 1_000;

    public static TheoryData<string> Choices => Flushers.Offered;

    [Theory, MemberData(nameof(Choices))]
    [Row(36, 37, 38)]
    public void A_line_dirty_in_another_processors_cache_is_gone_from_it_when_the_flush_returns(string choice)
    {
        ReloadTests.RequireTimer();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads are kept on processors by sched_setaffinity");
        int[] processors = ProcessorAffinity.Allowed();
        Assert.SkipUnless(processors.Length > 1, "this process may run on one processor only");

        Exception? failure = null;
        var test = new Thread(() => failure = Record.Exception(() => FlushFrom(processors[0], processors[1], choice)));
        test.Start();
        test.Join();
        Assert.Null(failure);
    }

    private static void FlushFrom(int here, int there, string choice)
    {
        ProcessorAffinity.Pin(here);
        var flusher = Flushers.Of(choice);
        using var memory = new TwiceMapped(Pages * PageBytes);
        using var other = new OtherProcessor(there);
        var results = Measure(flusher.Flush, memory, other);
        for (int slice = 1; slice < SlicesMax && !results.All(r => r.AreSlow); slice++)
            results = Measure(flusher.Flush, memory, other);
        Assert.True(results[0].AreSlow, $"on the processor that wrote: {results[0]}");
        Assert.True(results[1].AreSlow, $"here, through the second mapping: {results[1]}");
    }

    private delegate void Flush(ReadOnlySpan<byte> memory);

    /// <summary>
    /// The other processor writes a line in each page; this one flushes them; then each of the two loads half of them
    /// again. One thing after the other for all lines, and one line a page: so no load that a processor makes of its
    /// own accord, because it guesses what comes next, brings a line back.
    /// </summary>
    private static Reloads[] Measure(Flush flush, TwiceMapped memory, OtherProcessor other)
    {
        var random = new Random(Seed);
        Reloads there = new(), here = new();
        var hits = new double[Pages];
        while (there.Count + here.Count < Lines)
        {
            int[] lines = [.. Enumerable.Range(0, Pages)
                .Select(page => (page * PageBytes) + (random.Next(HalfPageBytes / Line) * Line))];
            random.Shuffle(lines);
            byte written = (byte)random.Next();

            other.Run(() =>
            {
                for (int i = 0; i < Pages; i++)
                {
                    memory.First[lines[i]] = written;
                    hits[i] = LineTimer.Hit(memory.First + lines[i]);
                }
            });
            foreach (int line in lines) flush(new ReadOnlySpan<byte>(memory.First + line, 1));
            other.Run(() => Reload(memory.First, lines, hits, 0, there));
            Reload(memory.Second, lines, hits, 1, here);

            Assert.All(lines, line => Assert.Equal(written, memory.Second[line]));
        }

        return [there, here];
    }

    /// <summary>
    /// Loads every other line. The page is opened first by a line in its other half, so that no load waits for a
    /// translation.
    /// </summary>
    private static void Reload(byte* mapping, int[] lines, double[] hits, int first, Reloads reloads)
    {
        for (int i = first; i < Pages; i += 2)
        {
            _ = LineTimer.Load(mapping + (lines[i] & -PageBytes) + PageBytes - Line);
            reloads.Add(hits[i], LineTimer.Load(mapping + lines[i]));
        }
    }
}
