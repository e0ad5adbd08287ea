using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Uncached writes keep everybody out until the store has answered.</summary>
public sealed class SuspendTests
{
    private static int Calls => TestRun.IsFull ? 1_000_000 : 40_000;

    [Fact]
    [Row(33)]
    public void A_load_that_comes_during_an_uncached_write_waits_and_then_sees_the_new_bytes() =>
        Assert.Equal((0, (byte)9), LoadDuringWrite(InjectedFault.None));

    [Fact]
    [Row(34)]
    public void With_the_range_resumed_early_the_same_load_shows_that_it_read_old_bytes() =>
        Assert.Equal((1, (byte)1), LoadDuringWrite(InjectedFault.ResumedEarly));

    [Fact]
    [Row(33, 106, 108)]
    public void Cached_uncached_leased_and_loaded_bytes_agree_whoever_comes_between()
    {
        using var run = new MixRun(InjectedFault.None);
        run.Play(Calls, seed: 33);
        Assert.True(run.LoadsInWindow > Calls / 20, $"{run.LoadsInWindow} loads met a window");
        Assert.Equal(0, run.Failures);
    }

    [Fact]
    [Row(34)]
    public void The_same_calls_find_a_range_that_is_resumed_early()
    {
        using var run = new MixRun(InjectedFault.ResumedEarly);
        var found = Assert.Throws<InvalidOperationException>(() => run.Play(Calls, seed: 33));
        Assert.IsType<InvalidDataException>(found.InnerException);
    }

    [Fact]
    [Row(108)]
    public void With_failing_writes_no_acknowledged_byte_is_lost()
    {
        using var run = new MixRun(InjectedFault.None);
        run.Play(Calls, seed: 108, failsWrites: true);
        Assert.True(run.Failures > 0, "no call failed");
    }

    [Fact]
    [Row(106)]
    public void What_one_handle_writes_cached_another_reads_uncached_and_the_other_way_round()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var cached = cache.Open(store);
        using var uncached = cache.Open(store);
        byte[] read = new byte[3];
        for (byte i = 2; i < 50; i++)
        {
            cached.Write(5000, [i, i, i]);
            Assert.Equal(3, uncached.ReadUncached(5000, read));
            Assert.Equal([i, i, i], read);
            uncached.WriteUncached(5001, new[] { (byte)(i + 100) });
            Assert.Equal([i, (byte)(i + 100), i], Pages.Read(cached, new ByteRange(5000, 3)));
        }
    }

    /// <summary>
    /// Begins a sharer's load inside the store's write; returns how often it asked the store there, and what is cached
    /// in the end.
    /// </summary>
    private static (int ReadsInWindow, byte Seen) LoadDuringWrite(InjectedFault planted)
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.ReadsEnd = () => ended.Task;
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero },
            new FaultInjectingScheduler(planted));
        using var file = cache.Open(store);
        Task? load = null;
        int reads = 0;
        store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write) return;
            load = file.Services.Loader.EnsureResidentAsync(0, PageMask.Of(1, 1), CallMode.Async,
                CancellationToken.None).AsTask();
            reads = store.Reads.Count;
        };
        file.WriteUncached(Pages.Bytes, Pages.Of(9));
        store.Before = static _ => { };
        ended.SetResult();
        load!.Wait();
        return (reads, Pages.Read(file, Pages.Range(1))[0]);
    }
}
