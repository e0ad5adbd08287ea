using Concord.Tests.Simulation;

namespace Concord.Tests.Caching;

/// <summary>
/// One seeded run: actors use more files than there may be sections, so that files give their sections up while others
/// read, write and lease them. Each actor owns its own 8 bytes of each page and checks them.
/// </summary>
internal sealed class SectionLimitRun
{
    private const int Files = 4, Actors = 3, Pages = 6, PageBytes = 4096;

    private readonly SimScheduler _scheduler;
    private readonly SimStore[] _stores;
    private readonly FileCache _cache;
    private readonly CachedFile[] _files;
    private readonly Random _random;
    private readonly bool _fails;
    private readonly long[,,] _model = new long[Actors, Files, Pages];

    private SectionLimitRun(int seed, bool fails)
    {
        _random = new Random(seed);
        _fails = fails;
        _scheduler = new SimScheduler(seed);
        var faults = new Random(seed + 1);
        _stores = [.. Enumerable.Range(0, Files).Select(_ => new SimStore(_scheduler, new byte[Pages * PageBytes])
        {
            Fails = (call, _) =>
                fails && (call is SimStore.Call.Write or SimStore.Call.Barrier) && faults.Next(20) == 0,
        })];
        _cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = 32 * PageBytes,
                MaxSections = _random.Next(1, 3),
                SectionKind = SectionKind.Private,
            },
            _scheduler);
        _files = [.. _stores.Select(store => _cache.Open(store))];
    }

    internal static void Execute(int seed, int operations, bool fails)
    {
        var run = new SectionLimitRun(seed, fails);
        try
        {
            run.Play(operations);
        }
        catch (Exception error)
        {
            throw new SimulationException(
                $"seed {seed}, {operations} operations, {(fails ? "with" : "without")} faults: {error}");
        }
    }

    private void Play(int operations)
    {
        var actors = Enumerable.Range(0, Actors)
            .Select(actor => (Func<Task>)(() => ActAsync(actor, operations, new Random(_random.Next())))).ToArray();
        _scheduler.Run(operations * Actors * 3000, actors);
        Array.ForEach(_stores, static store => store.Fails = static (_, _) => false);
        _scheduler.Run(1_000_000, FlushAllAsync);
        for (int file = 0; file < Files; file++)
        {
            for (int page = 0; page < Pages; page++)
            {
                for (int actor = 0; actor < Actors; actor++)
                {
                    long found = BitConverter.ToInt64(_stores[file].Durable, (page * PageBytes) + (actor * 8));
                    if (found != _model[actor, file, page])
                        throw new SimulationException($"file {file}, page {page}, actor {actor}: {found} is durable "
                            + $"and not {_model[actor, file, page]}");
                }
            }
        }
    }

    private async Task ActAsync(int actor, int operations, Random random)
    {
        byte[] bytes = new byte[8];
        for (int turn = 1; turn <= operations; turn++)
        {
            int file = random.Next(Files), page = random.Next(Pages);
            long at = (page * PageBytes) + (actor * 8);
            int kind = random.Next(10);
            if (kind < 4)
            {
                await _files[file].WriteAsync(at, BitConverter.GetBytes((long)turn));
                _model[actor, file, page] = turn;
            }
            else if (kind < 8)
            {
                await _files[file].ReadAsync(at, bytes);
                Check(bytes, actor, file, page);
            }
            else if (kind < 9)
            {
                using var lease = await _files[file].LeaseAsync(new ByteRange(at, 8));
                Check(lease.Span, actor, file, page);
                await _files[(file + 1) % Files].ReadAsync(at, bytes);
                Check(lease.Span, actor, file, page);
            }
            else
            {
                await FlushAsync(_files[file]);
            }

            int sections = _cache.Services.Files.SectionCount;
            if (sections > 2 + (2 * Actors)) throw new SimulationException($"{sections} sections");
        }
    }

    private async Task FlushAllAsync()
    {
        // The first call may tell of what failed before; the second one has nothing to tell.
        foreach (var file in _files) await FlushAsync(file);
        foreach (var file in _files)
            (await file.FlushAndPurgeAsync(new ByteRange(0, long.MaxValue))).ThrowIfIncomplete();
    }

    private async Task FlushAsync(CachedFile file)
    {
        try
        {
            await file.FlushAndPurgeAsync(new ByteRange(0, long.MaxValue));
        }
        catch (WriteBackException)
        {
            // A planted fault, told to who flushes; the pages are still there.
            if (!_fails) throw;
        }
    }

    private void Check(ReadOnlySpan<byte> bytes, int actor, int file, int page)
    {
        long found = BitConverter.ToInt64(bytes);
        if (found != _model[actor, file, page])
            throw new SimulationException(
                $"file {file}, page {page}, actor {actor}: read {found} and not {_model[actor, file, page]}");
    }
}
