using Concord.Memory;

namespace Concord.Tests.Simulation;

/// <summary>
/// One seeded run: actors read, write, flush, purge, lease and resize one file. Each owns stripes of the file that
/// share pages with the others' stripes, and checks that its own bytes are what it wrote.
/// </summary>
internal sealed class ModelRun
{
    private const int FilePages = 48;
    private const int StripeBytes = 1500;

    private readonly Random _random;
    private readonly int _actors;
    private readonly SimScheduler _scheduler;
    private readonly SimStore _store;
    private readonly FileCache _cache;
    private byte[] _model;

    private ModelRun(int seed, int actors, bool shared)
    {
        _random = new Random(seed);
        _actors = actors;
        _scheduler = new SimScheduler(seed);
        _model = new byte[_random.Next(1, FilePages * PageGeometry.PageBytes)];
        _random.NextBytes(_model);
        _store = new SimStore(_scheduler, [.. _model]);
        _cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = _random.Next(16, 257) * PageGeometry.PageBytes,
                SectionKind = shared ? SectionKind.Shared : SectionKind.Private,
                LazyWriterInterval = TimeSpan.FromSeconds(1),
            },
            _scheduler);
    }

    internal static ulong Execute(int seed, int actors, int operations, bool shared)
    {
        if (shared && !Concord.Interop.SharedMemory.IsSupported) return 0;
        var run = new ModelRun(seed, actors, shared);
        try
        {
            run.Play(operations);
            return run._scheduler.TraceHash;
        }
        catch (Exception error)
        {
            throw new SimulationException($"seed {seed}, {actors} actors, {operations} operations: {error}");
        }
    }

    private void Play(int operations)
    {
        var file = _cache.Open(_store);
        var actors = Enumerable.Range(0, _actors)
            .Select(actor => (Func<Task>)(() => ActAsync(file, actor, operations, new Random(_random.Next())))).ToArray();
        _scheduler.Run(operations * _actors * 2000, actors);
        _scheduler.Run(1_000_000, async () => await file.CloseAsync());
        Check(_store.Content.AsSpan().SequenceEqual(_model), "after close the store holds the model");
        Check(_store.Durable.AsSpan().SequenceEqual(_model), "after close the model is durable");
        Check(_cache.ResidentBytes == 0 && _cache.DirtyBytes == 0, "after close nothing is in memory");
    }

    private async Task ActAsync(CachedFile file, int actor, int operations, Random random)
    {
        for (int i = 0; i < operations; i++)
        {
            int kind = random.Next(100);
            if (kind < 40) await WriteAsync(file, actor, random);
            else if (kind < 75) await ReadAsync(file, actor, random);
            else if (kind < 80) await FlushAndPurgeAsync(file, random, CoherencyOptions.None);
            else if (kind < 84) await FlushAndPurgeAsync(file, random, CoherencyOptions.NoPurge);
            else if (kind < 89) await LeaseAsync(file, actor, random);
            else if (kind < 93) await WriteUncachedAsync(file, actor, random);
            else if (kind < 96) await ReadUncachedAsync(file, actor, random);
            else if (_actors == 1) await ResizeAsync(file, random);
        }
    }

    /// <summary>A random piece that belongs to an actor: with one actor any piece, otherwise inside one of its stripes.</summary>
    private ByteRange Pick(int actor, Random random, int beyond)
    {
        if (_actors == 1)
        {
            int offset = random.Next(_model.Length + beyond);
            return new ByteRange(offset, random.Next(random.Next(4) == 0 ? 40_000 : 6000));
        }

        int stripes = Math.Max(1, _model.Length / (StripeBytes * _actors));
        long start = ((long)random.Next(stripes) * _actors + actor) * StripeBytes;
        int inside = random.Next(StripeBytes);
        return new ByteRange(start + inside, random.Next(StripeBytes - inside)).Intersect(new ByteRange(0, _model.Length));
    }

    private async Task WriteAsync(CachedFile file, int actor, Random random)
    {
        var range = Pick(actor, random, beyond: 20_000);
        byte[] bytes = Bytes(random, range);
        await file.WriteAsync(range.Offset, bytes);
        Apply(range.Offset, bytes);
    }

    private async Task WriteUncachedAsync(CachedFile file, int actor, Random random)
    {
        var range = Pick(actor, random, beyond: 9000);
        byte[] bytes = Bytes(random, range);
        await file.WriteUncachedAsync(range.Offset, bytes);
        Apply(range.Offset, bytes);
    }

    private async Task ReadAsync(CachedFile file, int actor, Random random)
    {
        var range = Pick(actor, random, beyond: 3000);
        byte[] got = new byte[range.Length];
        int count = await file.ReadAsync(range.Offset, got);
        CheckRead(range, got, count);
    }

    private async Task ReadUncachedAsync(CachedFile file, int actor, Random random)
    {
        var range = Pick(actor, random, beyond: 3000);
        byte[] got = new byte[range.Length];
        int count = await file.ReadUncachedAsync(range.Offset, got);
        CheckRead(range, got, count);
    }

    private async Task LeaseAsync(CachedFile file, int actor, Random random)
    {
        var range = Pick(actor, random, beyond: 0).Intersect(new ByteRange(0, file.Length));
        if (range.IsEmpty) return;
        bool writes = random.Next(2) == 0;
        using var lease = await file.LeaseAsync(range, writes ? LeaseAccess.Write : LeaseAccess.Read);
        Check(lease.Span.SequenceEqual(_model.AsSpan((int)range.Offset, (int)range.Length)), $"a lease of {range} shows the model");
        if (random.Next(3) == 0)
        {
            var result = await file.FlushAndPurgeAsync(range);
            Check(result.Status == CoherencyStatus.CachePageLocked, "a purge under a lease reports it");
            Check(lease.Span.SequenceEqual(_model.AsSpan((int)range.Offset, (int)range.Length)), "a leased page stays");
        }

        if (!writes) return;
        byte[] bytes = Bytes(random, range);
        bytes.CopyTo(lease.WritableSpan);
        Apply(range.Offset, bytes);
    }

    private async Task FlushAndPurgeAsync(CachedFile file, Random random, CoherencyOptions options)
    {
        var range = random.Next(3) == 0
            ? new ByteRange(0, long.MaxValue)
            : new ByteRange(random.Next(_model.Length + 5000), random.Next(60_000));
        byte[]? before = _actors == 1 ? [.. _model] : null;
        var result = await file.FlushAndPurgeAsync(range, options);
        if (before is null) return;
        var clipped = range.Intersect(new ByteRange(0, before.Length));
        Check(result.Status == CoherencyStatus.Success, $"nothing holds {range}: {result}");
        Check(result.BytesInStore == clipped.Length, $"all {clipped.Length} bytes are in the store: {result}");
        Check(Slice(_store.Durable, clipped).SequenceEqual(Slice(before, clipped)), $"what was flushed is durable: {range}");
    }

    private async Task ResizeAsync(CachedFile file, Random random)
    {
        int length = random.Next(FilePages * PageGeometry.PageBytes);
        await file.SetLengthAsync(length);
        Array.Resize(ref _model, length);
        Check(file.Length == length, "the length is what was set");
    }

    private void CheckRead(ByteRange range, byte[] got, int count)
    {
        var expected = Slice(_model, range);
        Check(count == expected.Length || _actors > 1, $"read {count} of {expected.Length} bytes at {range}");
        int same = got.AsSpan(0, count).CommonPrefixLength(expected[..count]);
        Check(same == count, $"read at {range} shows the model; it differs at {range.Offset + same}");
    }

    private static ReadOnlySpan<byte> Slice(byte[] bytes, ByteRange range)
    {
        var part = range.Intersect(new ByteRange(0, bytes.Length));
        return bytes.AsSpan((int)Math.Min(part.Offset, bytes.Length), (int)part.Length);
    }

    private static byte[] Bytes(Random random, ByteRange range)
    {
        byte[] bytes = new byte[range.Length];
        random.NextBytes(bytes);
        return bytes;
    }

    private void Apply(long offset, byte[] bytes)
    {
        if (bytes.Length == 0) return;
        if (offset + bytes.Length > _model.Length) Array.Resize(ref _model, (int)offset + bytes.Length);
        bytes.CopyTo(_model, offset);
    }

    private static void Check(bool holds, string rule)
    {
        if (!holds) throw new SimulationException(rule);
    }
}
