using Concord.Caching;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>
/// A mount as the cache sees it: it keeps what was written above it, and writes it down when it is asked to drop its
/// copies, by paging I/O. A write above is seen below from when it was written down.
/// </summary>
internal sealed class MountSharer(World world, FileServices services) : ISharer
{
    private readonly List<(long Offset, byte[] Bytes, IReadOnlyList<Oracle.Change> Changes)> _dirty = [];

    /// <summary>How many pieces were written down while the mount was asked to drop its copies.</summary>
    internal int WrittenWhileInvalidated { get; private set; }

    internal int KeptDirty => _dirty.Count;

    public bool IsUserView => false;

    public bool CanWrite(ByteRange range) => true;

    /// <summary>Somebody writes above; the mount keeps it.</summary>
    internal void Write(long offset, int length)
    {
        offset += world.Origin;
        byte value = world.Oracle.NextValue();
        _dirty.Add((offset, World.Fill(value, length), world.Oracle.BeginWrite(offset, length, value)));
    }

    /// <summary>Somebody reads above.</summary>
    internal async Task ReadAsync(long offset, int length)
    {
        offset += world.Origin;
        var read = world.Oracle.Begin(new ByteRange(offset, length));
        byte[] bytes = new byte[length];
        int count = await services.Paging.ReadAsync(offset, bytes, CallMode.Async, CancellationToken.None);
        Oracle.CheckRead(read, bytes.AsSpan(0, count));
        world.Oracle.Forget(read);
    }

    /// <summary>Writes everything down, as an unmount does.</summary>
    internal async Task WriteDownAsync()
    {
        while (_dirty.Count > 0) await WriteFirstDownAsync(new ByteRange(0, long.MaxValue));
    }

    public async ValueTask CollectWritesAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        // A mount that cannot be asked before it is told to drop: everything comes with the invalidation.
        await world.PauseAsync(1);
    }

    public async ValueTask<IReadOnlyList<LeftRange>> InvalidateAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        while (await WriteFirstDownAsync(range)) WrittenWhileInvalidated++;
        return [];
    }

    private async Task<bool> WriteFirstDownAsync(ByteRange range)
    {
        int first = _dirty.FindIndex(piece => new ByteRange(piece.Offset, piece.Bytes.Length).Overlaps(range));
        if (first < 0) return false;
        var (offset, bytes, changes) = _dirty[first];
        _dirty.RemoveAt(first);
        World.Rule(await services.Paging.WriteAsync(offset, bytes, CallMode.Async, CancellationToken.None),
            "no lease overwrites a page of the mount's");
        world.Oracle.End(changes);
        return true;
    }
}
