using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Processor;

namespace Concord.Tests.Processor;

/// <summary>
/// A flush does not hold collections up more than a loop of plain stores of the same length in its place: both are
/// cut into pieces, and a collection begins between two of them.
/// </summary>
public sealed unsafe class CollectionPauseTests
{
    private static readonly AddressTable<IForeignRange>.Snapshot Nobodys = new ForeignRanges().Snapshot;

    private const double RatioMax = 1.2, Percentile = 0.99;

    /// <summary>
    /// How long the work goes on between two collections, so that each finds it in another place: without, they follow
    /// each other so closely that it has not gone on at all.
    /// </summary>
    private const int MicrosecondsBetweenMin = 20, MicrosecondsBetweenMax = 400;

    private const int Seed = 1_200;

    /// <summary>Measurements that may be made anew when the machine was busy with something else.</summary>
    private const int SlicesMax = 4;

    private static nint RangeBytes => TestRun.IsFull ? 1 << 30 : 128 << 20;

    private static int Rounds => TestRun.IsFull ? 15 : 9;

    private static int CollectionsInRound => TestRun.IsFull ? 400 : 100;

    [Fact]
    public void The_worst_pauses_during_flushes_are_no_longer_than_during_streaming_stores()
    {
        ReloadTests.RequireTimer();
        using var work = new WorkInLoop(RangeBytes);
        var found = (Ratio: double.MaxValue, Text: "");
        for (int slice = 0; slice < SlicesMax && found.Ratio > RatioMax; slice++) found = Measure(work, Work.Flush);
        Figures.Record("pause", $"collections during flushes of {RangeBytes >> 20} MiB", found.Text,
            $"ratio at most {RatioMax:f1}");
        Assert.True(found.Ratio <= RatioMax, found.Text);
    }

    [Fact]
    public void A_flush_in_one_piece_would_have_been_noticed()
    {
        ReloadTests.RequireTimer();
        using var work = new WorkInLoop(RangeBytes);
        var found = (Ratio: 0.0, Text: "");
        for (int slice = 0; slice < SlicesMax && found.Ratio <= RatioMax; slice++)
            found = Measure(work, Work.UncutFlush);
        TestContext.Current.TestOutputHelper?.WriteLine(found.Text);
        Assert.True(found.Ratio > RatioMax, found.Text);
    }

    private enum Work
    {
        Flush,
        UncutFlush,
        StreamingStores,
    }

    private static (double Ratio, string Text) Measure(WorkInLoop work, Work kind)
    {
        List<double> flushes = [], stores = [], ratios = [];
        for (int round = 0; round < Rounds; round++)
        {
            bool isFlushFirst = round % 2 == 0;
            double first = PauseDuring(work, isFlushFirst ? kind : Work.StreamingStores);
            double second = PauseDuring(work, isFlushFirst ? Work.StreamingStores : kind);
            (double flush, double store) = isFlushFirst ? (first, second) : (second, first);
            flushes.Add(flush);
            stores.Add(store);
            ratios.Add(flush / store);
        }

        double ratio = Reloads.Median(ratios);
        return (ratio,
            $"p99 pause {Reloads.Median(flushes):f1} µs during flushes, {Reloads.Median(stores):f1} during stores, "
            + $"ratio {ratio:f2} ({ratios.Min():f2} to {ratios.Max():f2}), {Rounds} rounds of {CollectionsInRound} "
            + "collections");
    }

    /// <summary>
    /// The 99th percentile of pauses, in microseconds, of collections while the work runs on its thread.
    /// </summary>
    private static double PauseDuring(WorkInLoop work, Work kind)
    {
        work.Switch(kind);
        var random = new Random(Seed);
        var pauses = new double[CollectionsInRound];
        for (int i = 0; i < pauses.Length; i++)
        {
            var since = Stopwatch.StartNew();
            double between = random.Next(MicrosecondsBetweenMin, MicrosecondsBetweenMax);
            while (since.Elapsed.TotalMicroseconds < between) Thread.SpinWait(1);
            var before = GC.GetTotalPauseDuration();
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            pauses[i] = (GC.GetTotalPauseDuration() - before).TotalMicroseconds;
        }

        Array.Sort(pauses);
        return pauses[(int)Math.Ceiling(Percentile * pauses.Length) - 1];
    }

    /// <summary>A thread that flushes a large range, or stores to it, over and over.</summary>
    private sealed class WorkInLoop : IDisposable
    {
        private readonly byte* _memory;
        private readonly nint _bytes;
        private readonly Thread _thread;
        private readonly Barrier _switched = new(2);
        private readonly UncutRoutines _uncut = UncutRoutines.Make();
        private volatile Work _kind;
        private volatile bool _mustSwitch;
        private volatile bool _isOver;

        public WorkInLoop(nint bytes)
        {
            _bytes = bytes;
            _memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
            NativeMemory.Fill(_memory, (nuint)bytes, 1);
            _thread = new Thread(Loop) { IsBackground = true };
            _thread.Start();
        }

        /// <summary>Goes over to the one work or the other; when it returns the thread is about to begin it.</summary>
        public void Switch(Work kind)
        {
            _kind = kind;
            _mustSwitch = true;
            _switched.SignalAndWait();
        }

        public void Dispose()
        {
            _isOver = true;
            _thread.Join();
            _switched.Dispose();
            NativeMemory.AlignedFree(_memory);
        }

        private void Loop()
        {
            while (!_isOver)
            {
                if (_mustSwitch)
                {
                    _mustSwitch = false;
                    _switched.SignalAndWait();
                }

                var start = (nuint)_memory;
                if (_kind == Work.Flush)
                    ProcessorCache.FlushAndInvalidate(new ReadOnlySpan<byte>(_memory, (int)_bytes));
                else if (_kind == Work.UncutFlush) LineSweep.Run(_uncut, start, start + (nuint)_bytes, Nobodys, true);
                else StreamingStores.Run(_memory, _bytes);
            }
        }
    }
}
