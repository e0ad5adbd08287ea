using Concord.Memory;

namespace Concord.Tests.Simulation;

/// <summary>
/// One run of a plan: actors read, write, flush, purge, lease and resize one file, against a plain byte array. Each
/// owns stripes of the file that share pages with the others' stripes, and checks that its own bytes are what it
/// wrote. After an error that a call told of, the bytes it was about are unsure until they are written again; all
/// others must be as if nothing had failed (I4).
/// </summary>
internal sealed partial class ModelRun
{
    /// <summary>How often a file is closed again after it told of an error and the store was healed.</summary>
    private const int ClosesMax = 3;

    private readonly ModelPlan _plan;
    private readonly SimScheduler _scheduler;
    private readonly SimStore _store;
    private readonly FileCache _cache;
    private byte[] _model;
    private bool[] _unsure;
    private int _failures;
    private int _heard;

    private ModelRun(ModelPlan plan)
    {
        _plan = plan;
        _scheduler = new SimScheduler(plan.Seed) { Planted = plan.Planted };
        _model = Bytes(plan.Seed, plan.Length);
        _unsure = new bool[plan.Length];
        var faults = plan.Faults.Select(static fault => fault.Call).ToHashSet();
        _store = new SimStore(_scheduler, [.. _model])
        {
            Fails = (_, call) => faults.Contains(call) && ++_failures > 0,
            Loses = plan.Loses,
        };
        _cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = (long)plan.CapacityPages * PageGeometry.PageBytes,
                SectionKind = plan.Shared ? SectionKind.Shared : SectionKind.Private,
                StoreWaitTimeout = Timeout.InfiniteTimeSpan,
                LazyWriterInterval = TimeSpan.FromSeconds(1),
            },
            _scheduler);
    }

    internal static ulong Execute(int seed, int actors, int operations, bool shared, bool withFaults = false) =>
        Execute(ModelPlan.Draw(seed, actors, operations, shared, withFaults));

    /// <summary>Runs a plan; returns the hash of who ran when.</summary>
    /// <exception cref="SimulationException">The file is not what the model says.</exception>
    internal static ulong Execute(ModelPlan plan)
    {
        if (plan.Shared && !Concord.Interop.SharedMemory.IsSupported) return 0;
        try
        {
            var run = new ModelRun(plan);
            run.Play();
            return run._scheduler.TraceHash;
        }
        catch (Exception error)
        {
            throw new SimulationException($"seed {plan.Seed}, {plan.Actors} actors, {plan.Operations.Count} "
                + $"operations, {plan.Faults.Count} faults: {error}");
        }
    }

    private void Play()
    {
        var file = _cache.Open(_store);
        var actors = Enumerable.Range(0, _plan.Actors)
            .Select(actor => (Func<Task>)(() => ActAsync(file, actor))).ToArray();
        _scheduler.Run((_plan.Operations.Count + 1) * 2000, actors);
        _store.Fails = static (_, _) => false;
        _scheduler.Run(1_000_000, () => CloseAsync(file));
        CheckEnd(_store.Content, "after close the store holds the model");
        CheckEnd(_store.Durable, "after close the model is durable");
        Check(_failures == 0 || _heard > 0, $"{_failures} calls of the store failed, and nobody heard of it");
        Check(_cache.ResidentBytes == 0 && _cache.DirtyBytes == 0, "after close nothing is in memory");
    }

    private async Task CloseAsync(CachedFile file)
    {
        for (int closes = 1; ; closes++)
        {
            try
            {
                await file.CloseAsync();
                return;
            }
            catch (WriteBackException) when (_plan.Faults.Count > 0 && closes < ClosesMax)
            {
                // It tells of what failed before; the store is well again, and the next close succeeds.
                _heard++;
            }
        }
    }

    private async Task ActAsync(CachedFile file, int actor)
    {
        foreach (var operation in _plan.Operations)
        {
            if (operation.Actor != actor) continue;
            var range = Clip(operation);
            try
            {
                await DoAsync(file, operation, range);
            }
            catch (IOException) when (_plan.Faults.Count > 0)
            {
                _heard++;
                Doubt(file, operation, range);
            }
        }
    }

    private Task DoAsync(CachedFile file, ModelOperation operation, ByteRange range) => operation.Kind switch
    {
        ModelKind.Write => WriteAsync(file, operation, range),
        ModelKind.Read => ReadAsync(file, range, uncached: false, triesOnly: TriesOnly(operation)),
        ModelKind.Purge => FlushAsync(file, range, CoherencyOptions.None),
        ModelKind.Flush => FlushAsync(file, range, CoherencyOptions.NoPurge),
        ModelKind.LeaseForReading or ModelKind.LeaseForWriting => LeaseAsync(file, operation, range),
        ModelKind.WriteUncached => WriteUncachedAsync(file, operation, range),
        ModelKind.ReadUncached => ReadAsync(file, range, uncached: true),
        ModelKind.AppendOutside => AppendOutsideAsync(file, operation),
        ModelKind.CutOutside => CutOutsideAsync(file, operation),
        _ => ResizeAsync(file, operation.Offset),
    };

    /// <summary>
    /// The part of an operation's range that fits the file as it is now; writers may reach some pages beyond.
    /// </summary>
    private ByteRange Clip(ModelOperation operation)
    {
        if (operation.Kind is ModelKind.Purge or ModelKind.Flush)
        {
            return operation.Offset < 0
                ? new ByteRange(0, long.MaxValue)
                : new ByteRange(operation.Offset, operation.Length);
        }

        var range = new ByteRange(operation.Offset, operation.Length);
        if (_plan.Actors > 1) return range.Intersect(new ByteRange(0, _plan.Length));
        int beyond = operation.Kind switch
        {
            ModelKind.Write or ModelKind.WriteUncached => 20_000,
            ModelKind.Read or ModelKind.ReadUncached => 3000,
            _ => 0,
        };
        int reach = _model.Length + beyond;
        if (reach == 0) return new ByteRange(0, 0);
        return new ByteRange(operation.Offset % reach, operation.Length);
    }

    /// <summary>
    /// One in seven reads and writes does not wait: where pages are absent it does nothing, and has them loaded.
    /// </summary>
    private static bool TriesOnly(ModelOperation operation) => operation.Value % 7 == 0;

    private async Task WriteAsync(CachedFile file, ModelOperation operation, ByteRange range)
    {
        byte[] bytes = Bytes(operation.Value, (int)range.Length);
        if (!TriesOnly(operation)) await file.WriteAsync(range.Offset, bytes);
        else if (!file.TryWrite(range.Offset, bytes)) return;
        Apply(range.Offset, bytes);
    }

    private async Task WriteUncachedAsync(CachedFile file, ModelOperation operation, ByteRange range)
    {
        byte[] bytes = Bytes(operation.Value, (int)range.Length);
        await file.WriteUncachedAsync(range.Offset, bytes);
        Apply(range.Offset, bytes);
    }

    private async Task ReadAsync(CachedFile file, ByteRange range, bool uncached, bool triesOnly = false)
    {
        byte[] got = new byte[range.Length];
        int count;
        if (triesOnly)
        {
            if (!file.TryRead(range.Offset, got, out count)) return;
        }
        else
        {
            count = uncached
                ? await file.ReadUncachedAsync(range.Offset, got)
                : await file.ReadAsync(range.Offset, got);
        }

        var expected = Slice(_model, range);
        Check(count == expected.Length || _plan.Actors > 1, $"read {count} of {expected.Length} bytes at {range}");
        CheckSame(got.AsSpan(0, count), expected[..count], (int)range.Offset, "a read shows the model");
    }

    private async Task LeaseAsync(CachedFile file, ModelOperation operation, ByteRange range)
    {
        range = range.Intersect(new ByteRange(0, file.Length));
        if (range.IsEmpty) return;
        bool writes = operation.Kind == ModelKind.LeaseForWriting;
        using var lease = await file.LeaseAsync(range, writes ? LeaseAccess.Write : LeaseAccess.Read);
        CheckSame(lease.Span, Slice(_model, range), (int)range.Offset, "a lease shows the model");
        if (operation.Value % 3 == 0) await PurgeUnderAsync(file, lease);
        if (!writes) return;
        byte[] bytes = Bytes(operation.Value, (int)range.Length);
        bytes.CopyTo(lease.WritableSpan);
        Apply(range.Offset, bytes);
    }

    private async Task PurgeUnderAsync(CachedFile file, PageLease lease)
    {
        try
        {
            var result = await file.FlushAndPurgeAsync(lease.Range);
            Check(result.Status == CoherencyStatus.CachePageLocked, "a purge under a lease reports it");
        }
        catch (WriteBackException) when (_plan.Faults.Count > 0)
        {
            // A failed purge drops nothing; that is looked at next.
            _heard++;
        }

        CheckSame(lease.Span, Slice(_model, lease.Range), (int)lease.Range.Offset, "a leased page stays");
    }

    private async Task FlushAsync(CachedFile file, ByteRange range, CoherencyOptions options)
    {
        byte[]? before = _plan.Actors == 1 ? [.. _model] : null;
        var result = await file.FlushAndPurgeAsync(range, options);
        if (before is null) return;
        var clipped = range.Intersect(new ByteRange(0, before.Length));
        Check(result.Status == CoherencyStatus.Success, $"nothing holds {range}: {result}");
        Check(result.BytesInStore == clipped.Length, $"all {clipped.Length} bytes are in the store: {result}");
        CheckSame(Slice(_store.Durable, clipped), Slice(before, clipped), (int)clipped.Offset,
            "what was flushed is durable");
    }

    private async Task ResizeAsync(CachedFile file, int length)
    {
        await file.SetLengthAsync(length);
        Resize(length);
        Check(file.Length == length, "the length is what was set");
    }

    /// <summary>A call failed: what it was about to write is unsure, and all else is as it was.</summary>
    private void Doubt(CachedFile file, ModelOperation operation, ByteRange range)
    {
        if (_plan.Actors == 1) Resize((int)file.Length);
        if (operation.Kind is not (ModelKind.Write or ModelKind.WriteUncached)) return;
        for (long at = range.Offset; at < Math.Min(range.End, _model.Length); at++) _unsure[at] = true;
    }

    private void Resize(int length)
    {
        Array.Resize(ref _model, length);
        Array.Resize(ref _unsure, length);
    }

    private void Apply(long offset, byte[] bytes)
    {
        if (bytes.Length == 0) return;
        if (offset + bytes.Length > _model.Length) Resize((int)offset + bytes.Length);
        bytes.CopyTo(_model, offset);
        Array.Clear(_unsure, (int)offset, bytes.Length);
    }

    private void CheckEnd(byte[] content, string rule)
    {
        Check(content.Length == _model.Length, $"{rule}: {content.Length} bytes, {_model.Length} expected");
        CheckSame(content, _model, 0, rule);
    }

    private void CheckSame(ReadOnlySpan<byte> got, ReadOnlySpan<byte> expected, int offset, string rule)
    {
        Check(got.Length == expected.Length, $"{rule}: {got.Length} bytes, {expected.Length} expected");
        for (int at = got.CommonPrefixLength(expected); at < got.Length; at += 1 + got[(at + 1)..]
            .CommonPrefixLength(expected[(at + 1)..]))
        {
            Check(offset + at < _unsure.Length && _unsure[offset + at], $"{rule}; it differs at {offset + at}");
        }
    }

    private static ReadOnlySpan<byte> Slice(byte[] bytes, ByteRange range)
    {
        var part = range.Intersect(new ByteRange(0, bytes.Length));
        return bytes.AsSpan((int)Math.Min(part.Offset, bytes.Length), (int)part.Length);
    }

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Check(bool holds, string rule)
    {
        if (!holds) throw new SimulationException(rule);
    }
}
