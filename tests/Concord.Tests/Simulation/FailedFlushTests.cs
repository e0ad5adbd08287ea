using Concord.Memory;

namespace Concord.Tests.Simulation;

/// <summary>
/// The rule for failed writes, each part by its number, over every case of <see cref="FailedFlush"/> (R4): a write,
/// a barrier or a change of length fails, the first, the middle, the last or all of them, under one flusher, two, or
/// one and the lazy writer.
/// </summary>
[Collection(SideBySide.Simulation)]
public sealed class FailedFlushTests
{
    private const int Page = 4096;

    [Fact]
    public void Rule_1_a_page_becomes_clean_by_a_covered_write_only_and_leaves_after_a_good_barrier_only() =>
        ForEachCase("1", static (failed, seed) =>
        {
            // The audit of every step looks at each clean and each absent page.
            failed.Play(seed).World.Finish();
        });

    [Fact]
    public void Rule_2_what_failed_is_dirty_again_before_anybody_hears_of_it() =>
        ForEachCase("2", static (failed, seed) =>
        {
            var (world, _) = failed.Play(seed, static world => World.Rule(
                world.Store.FailedWrites.TrueForAll(range => FailedFlush.IsDirtyOrStored(world, range)),
                "a page whose write failed is dirty before anybody hears of it (rule 2)"));
            world.Finish();
        });

    [Fact]
    public void Rule_3_every_handle_is_told_exactly_once() =>
        ForEachCase("3", static (failed, seed) =>
        {
            var (world, second) = failed.Play(seed);
            if (failed.Which == Which.All || world.Store.Failures == 0) world.Store.Heal();
            world.Run(async () =>
            {
                await world.FlushAsync(world.File);
                await world.FlushAsync(second);
                await world.FlushAsync(world.File);
                await world.FlushAsync(second);
            });
            if (world.Store.Failures == 1 && failed.Call != StoreCall.SetLength)
            {
                World.Rule(world.Heard[world.File] == 1,
                    $"the first handle heard {world.Heard[world.File]} times (rule 3)");
                World.Rule(world.Heard[second] == 1, $"the second handle heard {world.Heard[second]} times (rule 3)");
            }

            // Whoever comes later has nothing at stake.
            var late = world.Open();
            world.Run(() => world.FlushAsync(late));
            World.Rule(world.Heard[late] == 0, "a handle opened after the error was told hears nothing (rule 3)");
            world.Finish();
        });

    [Fact]
    public void Rule_4_a_failed_barrier_makes_dirty_what_is_unstable_or_being_written() =>
        ForEachCase("4", static (failed, seed) =>
        {
            int heard = 0;
            var (world, _) = failed.Play(seed, world =>
            {
                heard++;
                foreach (var piece in world.Store.Log.Doubtful.Where(
                    piece => piece.Failure <= world.FileOfFirst!.State.Ledger.Failures))
                {
                    World.Rule(FailedFlush.IsDirtyOrStored(world, piece.Range),
                        "what a failed barrier left in doubt is dirty (rule 4)");
                    World.Rule(IsNotStable(world, piece.Offset), "nothing in doubt is stable (rule 4)");
                }
            });
            World.Rule(heard > 0 || world.Store.Failures == 0, "somebody heard");
            world.Finish();
        });

    [Fact]
    public void Rule_5_at_the_limit_writers_wait_and_then_get_an_error_and_nothing_dirty_is_evicted()
    {
        foreach (int seed in SimSeeds.Of(slice: 20, full: 2000))
        {
            foreach (var call in new[] { StoreCall.Write, StoreCall.Barrier })
            {
                foreach (int limit in new[] { 3, 16 })
                {
                    var world = new World(
                        seed, new WorldOptions { DirtyPagesMax = limit, FileBytes = Page, FileBytesMax = 40 * Page });
                    world.Store.FaultOf = (made, _, _) => made == call ? StoreFault.Refused : StoreFault.None;
                    int written = 0;
                    world.Run(async () =>
                    {
                        while (written < 30 && await world.WriteAsync(world.File, written * Page, Page)) written++;
                        World.Rule(world.Store.CallsOf[(int)call] > 0,
                            "who waits at the limit tries to write back (rule 5)");
                        World.Rule(written >= limit && written <= 16,
                            $"{written} pages were accepted, the limit is {limit} of 16 (rule 5)");
                        World.Rule(world.Cache.State.Counters.Dirty >= limit, "what failed stays dirty (rule 5)");
                        World.Rule(await world.ReadAsync(world.File, 0, written * Page),
                            "what failed stays readable without the store (rule 5)");
                    });
                    world.Finish();
                }
            }
        }
    }

    [Fact]
    public void Rule_7_the_lazy_writer_tries_again_with_a_growing_delay_and_a_flush_at_once()
    {
        foreach (int seed in SimSeeds.Of(slice: 20, full: 1000))
        {
            var world = new World(seed, new WorldOptions { LazyWriterInterval = TimeSpan.FromSeconds(1) });
            world.Store.FaultOf = static (call, _, _) => call == StoreCall.Write ? StoreFault.Refused : StoreFault.None;
            world.Run(async () =>
            {
                await world.WriteAsync(world.File, 10, 100);
                await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(300), Scheduling.CallMode.Async);
                double[] seconds = [.. world.Store.WriteTimes.Select(
                    static ticks => TimeSpan.FromTicks(ticks).TotalSeconds)];
                World.Rule(seconds.SequenceEqual([1.0, 3, 7, 15, 31, 63, 127, 191, 255]),
                    $"attempts at {string.Join(' ', seconds)} s (rule 7)");
                int before = seconds.Length;
                await world.FlushAsync(world.File);
                World.Rule(world.Store.WriteTimes.Count > before, "a flush tries at once (rule 7)");
                world.Store.Heal();
                await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(65), Scheduling.CallMode.Async);
                World.Rule(world.Cache.DirtyBytes == 0 && world.Store.Content[world.Origin + 10] != Oracle.First,
                    "the lazy writer wrote it in the end (rule 7)");
            });
            world.Finish();
        }
    }

    private static bool IsNotStable(World world, long offset)
    {
        if (world.FileOfFirst!.State.Extents.Find(PageGeometry.ExtentOf(offset)) is not { } extent)
            return offset >= world.FileOfFirst.State.Sizes.Length;
        ulong page = PageGeometry.PagesOf(extent.Index, new ByteRange(offset, 1));
        return offset >= world.FileOfFirst.State.Sizes.Length
            || (page & (extent.Dirty | extent.Writing | extent.Unstable)) != 0;
    }

    private static void ForEachCase(string rule, Action<FailedFlush, int> check)
    {
        int runs = 0;
        foreach (int seed in SimSeeds.Of(slice: 8, full: 400))
        {
            foreach (var failed in FailedFlush.All)
            {
                try
                {
                    check(failed, seed);
                    runs++;
                }
                catch (Exception error)
                {
                    throw new SimulationException(
                        $"{failed}, seed {seed} (again: {SimSeeds.Variable}={seed}): {error}");
                }
            }
        }

        Figures.Record("R4", $"rule {rule} over {FailedFlush.All.Count} cases of a failed flush", $"{runs} runs, kept",
            "kept in every case");
    }
}
