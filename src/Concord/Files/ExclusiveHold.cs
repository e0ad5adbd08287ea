using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A file held by one caller alone. Calling through the hold is "acquired exclusively"; it carries every operation
/// of the file, and belongs to whoever has the object, not to a thread.
/// </summary>
public sealed class ExclusiveHold : FileOperations, IDisposable
{
    /// <summary>A bar is kept in the state of each extent it covers: so long a one takes about 64 MiB.</summary>
    private const long BarBytesMax = 1L << 36;

    private readonly CachedFile _file;
    private readonly List<BarredRange> _barred = [];
    private int _isReleased;

    internal ExclusiveHold(CacheMap map, CachedFile file)
        : base(map) => _file = file;

    /// <inheritdoc/>
    public override bool CanWrite => _file.CanWrite;

    internal override bool IsClosed => Volatile.Read(ref _isReleased) != 0;

    private protected override bool HoldsFile => true;

    private protected override object Listener => _file;

    /// <summary>
    /// Flushes and purges a range, as <see cref="FileOperations.FlushAndPurge(ByteRange, CoherencyOptions)"/> does, and
    /// then keeps everybody out of it until the answer is lifted, so that the caller can write the store below it by
    /// whatever way. Blocks.
    /// </summary>
    /// <param name="range">
    /// The bytes, which may lie beyond the file's end; at most 64 GiB at a time. Of pages that it covers in part no other
    /// bytes may be written.
    /// </param>
    /// <returns>What to lift when the store has been written, and what the flush and purge did.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is too long, or ends beyond what a file can have.</exception>
    /// <exception cref="InvalidOperationException">A page of the range is barred already.</exception>
    /// <exception cref="WriteBackException">The flush failed; nothing is barred, and nothing is lost.</exception>
    /// <exception cref="IOException">The store could not be read in place of pages that stayed; nothing is barred.</exception>
    /// <exception cref="ObjectDisposedException">The hold was released.</exception>
    public BarredRange Bar(ByteRange range) => Blocking.Result(BarAsync(range, CallMode.Blocking, CancellationToken.None));

    /// <summary>Flushes and purges a range and bars it, as <see cref="Bar"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes, which may lie beyond the file's end; at most 64 GiB at a time.</param>
    /// <param name="cancellationToken">Stops the call; nothing is barred then.</param>
    /// <returns>What to lift when the store has been written, and what the flush and purge did.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is too long, or ends beyond what a file can have.</exception>
    /// <exception cref="InvalidOperationException">A page of the range is barred already.</exception>
    /// <exception cref="WriteBackException">The flush failed; nothing is barred, and nothing is lost.</exception>
    /// <exception cref="IOException">The store could not be read in place of pages that stayed; nothing is barred.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; nothing is barred.</exception>
    /// <exception cref="ObjectDisposedException">The hold was released.</exception>
    public ValueTask<BarredRange> BarAsync(ByteRange range, CancellationToken cancellationToken = default) =>
        BarAsync(range, CallMode.Async, cancellationToken);

    /// <summary>
    /// Lets others at the file again. Ranges that are still barred are lifted first, as by
    /// <see cref="BarredRange.Dispose"/>; otherwise this does not block. Idempotent.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0) return;
        foreach (var barred in _barred.ToArray()) barred.Dispose();
        Map.ReleaseExclusive();
    }

    internal void Forget(BarredRange barred)
    {
        lock (_barred) _barred.Remove(barred);
    }

    private async ValueTask<BarredRange> BarAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.Length, BarBytesMax, nameof(range));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.End, CacheMap.LengthMax, nameof(range));
        var (bar, result) = await Map.Uncached.BarAsync(_file, range, mode, cancellationToken).ConfigureAwait(false);
        var barred = new BarredRange(this, bar, result);
        lock (_barred) _barred.Add(barred);
        return barred;
    }

    internal override ValueTask EndAsync(CallMode mode)
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override ValueTask HoldAsync(CallMode mode, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    private protected override void Unhold()
    {
        // The hold lasts until it is disposed, not until a call ends.
    }

    private protected override void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isReleased != 0, this);
}
