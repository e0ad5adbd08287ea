using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord;

// Loading a file into memory, and counting what is there.
public abstract partial class FileOperations
{
    /// <summary>Loads the file into memory, from its beginning on, as much as the cache has room for. Blocks.</summary>
    /// <returns>Bytes of the pages that were not in memory before.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; what came before is in memory.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <inheritdoc cref="Write" path="/exception[@cref='T:System.InvalidOperationException']"/>
    public long Load() => Load(Whole);

    /// <summary>Loads a range into memory, from its beginning on, as much as the cache has room for. Blocks.</summary>
    /// <param name="range">The bytes; whole pages are loaded, and none beyond the file's end.</param>
    /// <returns>Bytes of the pages that were not in memory before.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; what came before is in memory.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <inheritdoc cref="Write" path="/exception[@cref='T:System.InvalidOperationException']"/>
    public long Load(ByteRange range)
    {
        ThrowIfClosed();
        return SyncCompletion.Result(LoadAsync(range, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Loads the file into memory, as <see cref="Load()"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; what came before is in memory.</param>
    /// <returns>Bytes of the pages that were not in memory before.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; what came before is in memory.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <inheritdoc cref="WriteAsync" path="/exception[@cref='T:System.InvalidOperationException']"/>
    public ValueTask<long> LoadAsync(CancellationToken cancellationToken = default) =>
        LoadAsync(Whole, cancellationToken);

    /// <summary>
    /// Loads a range into memory, as <see cref="Load(ByteRange)"/> does, without blocking the caller.
    /// </summary>
    /// <param name="range">The bytes; whole pages are loaded, and none beyond the file's end.</param>
    /// <param name="cancellationToken">Stops the call; what came before is in memory.</param>
    /// <returns>Bytes of the pages that were not in memory before.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; what came before is in memory.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <inheritdoc cref="WriteAsync" path="/exception[@cref='T:System.InvalidOperationException']"/>
    public ValueTask<long> LoadAsync(ByteRange range, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return LoadAsync(range, CallMode.Async, cancellationToken);
    }

    /// <summary>How much of the file is in memory, and in which state. Waits for nothing.</summary>
    /// <returns>The figures, read one extent after the other.</returns>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public CachedBytes Query() => Query(Whole);

    /// <summary>How much of a range is in memory, and in which state. Waits for nothing.</summary>
    /// <param name="range">The bytes; whole pages are counted.</param>
    /// <returns>The figures, read one extent after the other.</returns>
    /// <inheritdoc cref="Query()" path="/exception"/>
    public CachedBytes Query(ByteRange range)
    {
        ThrowIfClosed();
        long resident = 0, dirty = 0, unflushed = 0, leased = 0;
        foreach (var extent in State.Extents.In(range))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, range);
            lock (extent)
            {
                resident += PageMask.Count(extent.Resident & pages);
                dirty += PageMask.Count(extent.Dirty & pages);
                unflushed += PageMask.Count((extent.DirtyOrWriteLeased | extent.Writing | extent.Unstable) & pages);
                leased += PageMask.Count(extent.Leased & pages);
            }
        }

        return new CachedBytes(BytesIn(resident), BytesIn(dirty), BytesIn(unflushed), BytesIn(leased));

        static long BytesIn(long pages) => pages << PageGeometry.PageShift;
    }

    private async ValueTask<long> LoadAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        // Loading more than the capacity would only push out what came first.
        long capacity = State.Cache.CapacityPages << PageGeometry.PageShift;
        range = range.Intersect(new ByteRange(0, State.Sizes.Length));
        range = new ByteRange(range.Offset, Math.Min(range.Length, capacity));
        var before = ResidentIn(range);
        var wide = RangeLoad.BeginOrNull(
            State, Services.Cache.Evictor, range, HoldsExclusively, mode, cancellationToken);
        try
        {
            long pages = 0;
            for (long at = range.Offset; at < Math.Min(range.End, State.Sizes.Length);)
            {
                cancellationToken.ThrowIfCancellationRequested();

                // Pass the gates, and load a piece.
                await Services.Gates.EnterForMissAsync(
                    at, HoldsExclusively, mode, cancellationToken).ConfigureAwait(false);
                try
                {
                    long wanted = Math.Min(range.End, State.Sizes.Length) - at;
                    if (wanted <= 0) break;
                    if (wide is not null) await wide.AdvanceAsync(at).ConfigureAwait(false);
                    int count = await Services.MissPath.PrepareReadAsync(
                        at, (int)Math.Min(wanted, PageGeometry.ExtentBytes), mode, cancellationToken)
                        .ConfigureAwait(false);
                    long index = PageGeometry.ExtentOf(at);
                    ulong loaded = PageGeometry.PagesOf(index, new ByteRange(at, count));
                    pages += PageMask.Count(loaded & ~before.GetValueOrDefault(index));
                    before[index] = before.GetValueOrDefault(index) | loaded;
                    at += count;
                }
                finally
                {
                    if (!HoldsExclusively) State.ReleaseShared();
                }
            }

            return pages << PageGeometry.PageShift;
        }
        finally
        {
            if (wide is not null) await wide.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The pages of a range that are resident now, by their extents.</summary>
    private Dictionary<long, ulong> ResidentIn(ByteRange range)
    {
        var resident = new Dictionary<long, ulong>();
        foreach (var extent in State.Extents.In(range)) resident[extent.Index] = extent.Resident;
        return resident;
    }
}
