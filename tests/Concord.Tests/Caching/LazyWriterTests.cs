using Concord.Scheduling;
using Concord.Tests.Caching.Views;
using Concord.Tests.Simulation;

namespace Concord.Tests.Caching;

/// <summary>Nothing stays only in memory for long, whatever else is dirty; nothing runs while nothing is.</summary>
public sealed class LazyWriterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1), Tick = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(1000, 5000)]
    [InlineData(1000, 1000)]
    [InlineData(200, 60_000)]
    [InlineData(3, 10)]
    public void No_page_is_only_in_memory_for_longer_than_the_age_beside_one_that_is_always_hot(int interval, int age)
    {
        foreach (int seed in SimSeeds.Of(slice: 5, full: 200))
        {
            var run = new AgeRun(seed, interval, age);
            run.Play();
            Assert.InRange(run.Oldest, TimeSpan.Zero, TimeSpan.FromMilliseconds(age) + Tick);
        }
    }

    [Fact]
    public void A_store_that_fails_keeps_no_other_file_waiting()
    {
        foreach (int seed in SimSeeds.Of(slice: 5, full: 200))
        {
            var run = new AgeRun(seed, interval: 1000, age: 5000) { HasFailingFile = true };
            run.Play();
            Assert.InRange(run.Oldest, TimeSpan.Zero, TimeSpan.FromMilliseconds(5000) + Tick);
        }
    }

    [Fact]
    public void No_timer_runs_while_nothing_is_dirty()
    {
        var scheduler = new SimScheduler(seed: 1);
        var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, SectionKind = SectionKind.Private }, scheduler);
        var file = cache.Open(new SimStore(scheduler, Pages.Of(1, 8)));
        byte[] bytes = new byte[100];
        scheduler.Run(100_000, async () =>
        {
            await file.ReadAsync(0, bytes);
            Assert.Equal((0, false), (scheduler.Timers, cache.LazyWriter.IsAwake));
            await file.WriteAsync(0, bytes);
            Assert.True(cache.LazyWriter.IsAwake);
            await scheduler.DelayAsync(TimeSpan.FromSeconds(20), CallMode.Async);
            Assert.Equal((0, false), (scheduler.Timers, cache.LazyWriter.IsAwake));
            Assert.Equal(0, cache.DirtyBytes);
            Assert.True(cache.Services.Files.Dirty.AreNone);

            // And it wakes again.
            await file.WriteAsync(Pages.Bytes, bytes);
            await scheduler.DelayAsync(TimeSpan.FromSeconds(20), CallMode.Async);
            Assert.Equal((0, false, 0L), (scheduler.Timers, cache.LazyWriter.IsAwake, cache.DirtyBytes));
        });
    }

    [Fact]
    public void A_store_that_hangs_keeps_no_other_file_waiting()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            MaxDirtyAge = TimeSpan.FromMilliseconds(50),
        });
        using var goOn = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        var bad = new ScriptedStore(Pages.Of(1, 8))
        {
            Before = call =>
            {
                if (call.Kind != StoreCallKind.Write) return;
                hangs.Set();
                goOn.Wait(Limit, TestContext.Current.CancellationToken);
            },
        };
        var badFile = cache.Open(bad);
        badFile.Write(0, Pages.Of(2));
        Assert.True(hangs.Wait(Limit, TestContext.Current.CancellationToken));

        // Each of the others, one after the other, while the first still hangs.
        for (int i = 0; i < 5; i++)
        {
            using var isWritten = new ManualResetEventSlim();
            var good = new ScriptedStore(Pages.Of(1, 8))
            {
                After = call =>
                {
                    if (call.Kind == StoreCallKind.Write) isWritten.Set();
                },
            };
            using var file = cache.Open(good);
            file.Write(0, Pages.Of(3));
            Assert.True(isWritten.Wait(Limit, TestContext.Current.CancellationToken));
        }

        goOn.Set();
        badFile.Close();
    }

    [Fact]
    public void What_a_view_wrote_goes_to_the_store_by_itself()
    {
        using var isWritten = new ManualResetEventSlim();
        var store = new ScriptedStore(Pages.Of(1, 8));
        store.After = call =>
        {
            if (call.Kind == StoreCallKind.Write && store.Content[Pages.Bytes] == 7) isWritten.Set();
        };
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            MaxDirtyAge = TimeSpan.FromMilliseconds(100),
        });
        using var file = cache.Open(store);
        using (var view = ViewFixture.MapOrSkip(cache, file, ViewAccess.ReadWrite))
        {
            NativeMemory.Write(view, Pages.Bytes, [7]);
            Assert.True(isWritten.Wait(Limit, TestContext.Current.CancellationToken));
            Assert.True(cache.LazyWriter.IsAwake);
        }

        Patience.Await(() => !cache.LazyWriter.IsAwake);
    }

    /// <summary>Pages that are written at random times, one of them all the time; the store takes no time.</summary>
    private sealed class AgeRun(int seed, int interval, int age)
    {
        private const int PageCount = 40;
        private readonly Random _random = new(seed);
        private readonly SimScheduler _scheduler = new(seed);

        // When the oldest version that the store lacks was written, for each page; and the last version.
        private readonly List<(byte Version, long Time)>[] _pending =
            [.. Enumerable.Range(0, PageCount).Select(_ => new List<(byte, long)>())];

        private readonly byte[] _versions = new byte[PageCount];

        internal bool HasFailingFile { get; init; }

        internal TimeSpan Oldest { get; private set; }

        internal void Play()
        {
            var store = new SimStore(_scheduler, new byte[PageCount * Pages.Bytes]);
            var cache = new FileCache(
                new FileCacheOptions
                {
                    CapacityBytes = 128 * Pages.Bytes,
                    SectionKind = SectionKind.Private,
                    LazyWriterInterval = TimeSpan.FromMilliseconds(interval),
                    MaxDirtyAge = TimeSpan.FromMilliseconds(age),
                },
                _scheduler);
            var file = cache.Open(store);
            if (HasFailingFile) Spoil(cache);
            var step = TimeSpan.FromMilliseconds(age / 20.0);
            _scheduler.AfterStep = () => Look(store);
            _scheduler.Run(3_000_000, async () =>
            {
                for (int i = 0; i < 200; i++)
                {
                    await WriteAsync(file, page: 0);
                    if (_random.Next(3) == 0) await WriteAsync(file, _random.Next(1, PageCount));
                    await _scheduler.DelayAsync(step * _random.NextDouble(), CallMode.Async);
                }

                // Time passes only while somebody waits for it.
                await _scheduler.DelayAsync(TimeSpan.FromMilliseconds(2 * age), CallMode.Async);
            });
            Assert.All(_pending, static versions => Assert.Empty(versions));
        }

        private void Spoil(FileCache cache)
        {
            var failing = new SimStore(_scheduler, new byte[PageCount * Pages.Bytes])
            {
                Fails = static (call, _) => call == SimStore.Call.Write,
            };
            var file = cache.Open(failing);
            _scheduler.Run(100_000, async () => await file.WriteAsync(0, new byte[10 * Pages.Bytes]));
        }

        private async Task WriteAsync(CachedFile file, int page)
        {
            byte version = ++_versions[page];
            _pending[page].Add((version, _scheduler.Time.GetTimestamp()));
            await file.WriteAsync(page * (long)Pages.Bytes, new[] { version });
        }

        /// <summary>Forgets what the store has, and measures how old the oldest of the rest is.</summary>
        private void Look(SimStore store)
        {
            long now = _scheduler.Time.GetTimestamp();
            for (int page = 0; page < PageCount; page++)
            {
                byte stored = store.Content[page * Pages.Bytes];
                _pending[page].RemoveAll(pending => unchecked((sbyte)(stored - pending.Version)) >= 0);
                if (_pending[page] is not [var (_, time), ..]) continue;
                Oldest = TimeSpan.FromTicks(Math.Max(Oldest.Ticks, now - time));
            }
        }
    }
}
