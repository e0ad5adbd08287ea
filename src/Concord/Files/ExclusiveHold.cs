using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// The exclusive hold of a file. Calling through it is "acquired exclusively"; it has every operation of the file. It
/// belongs to the code that has the object, not to a thread.
/// </summary>
public sealed class ExclusiveHold : FileOperations, IDisposable, IAsyncDisposable
{
    /// <summary>
    /// A suspension is kept in the state of each extent it covers: a suspension of 64 GiB costs about 64 MiB of state.
    /// </summary>
    private const long SuspendedBytesMax = 1L << 36;

    private readonly CachedFile _file;
    private readonly List<SuspendedRange> _suspended = [];
    private int _isReleased;

    internal ExclusiveHold(FileServices services, CachedFile file)
        : base(services, file.Reach, file.CanRead, file.CanWrite)
    {
        _file = file;
        HoldsExclusively = true;
    }

    /// <inheritdoc/>
    public override bool CanRead => _file.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => _file.CanWrite;

    internal override bool IsClosed => Volatile.Read(ref _isReleased) != 0;

    private protected override object Listener => _file;

    /// <summary>
    /// Flushes and purges a range, as <see cref="FileOperations.FlushAndPurge(ByteRange, CoherencyOptions)"/> does, and
    /// then suspends it until the result is resumed: hits, loads and faults of it wait, so that the caller can write
    /// the store below it in any way. Blocks.
    /// </summary>
    /// <param name="range">
    /// The bytes, which may lie beyond the file's end; at most 64 GiB at a time. Of pages that it covers in part no
    /// other bytes may be written.
    /// </param>
    /// <returns>What to resume when the store has been written, and what the flush and purge did.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The range is too long, or ends beyond what a file can have.
    /// </exception>
    /// <exception cref="InvalidOperationException">A page of the range is suspended already.</exception>
    /// <exception cref="WriteBackException">The flush failed; nothing is suspended, and nothing is lost.</exception>
    /// <exception cref="IOException">
    /// The store could not be read in place of pages that stayed; nothing is suspended.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The hold was released.</exception>
    public SuspendedRange Suspend(ByteRange range)
    {
        CheckSuspension(range);
        return SyncCompletion.Result(SuspendAsync(range, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>
    /// Flushes and purges a range and suspends it, as <see cref="Suspend"/> does, without blocking the caller.
    /// </summary>
    /// <param name="range">The bytes, which may lie beyond the file's end; at most 64 GiB at a time.</param>
    /// <param name="cancellationToken">Stops the call; nothing is suspended then.</param>
    /// <returns>What to resume when the store has been written, and what the flush and purge did.</returns>
    /// <inheritdoc cref="Suspend" path="/exception"/>
    /// <exception cref="OperationCanceledException">The call was cancelled; nothing is suspended.</exception>
    public ValueTask<SuspendedRange> SuspendAsync(ByteRange range, CancellationToken cancellationToken = default)
    {
        CheckSuspension(range);
        return SuspendAsync(range, CallMode.Async, cancellationToken);
    }

    /// <summary>
    /// Releases the file. Ranges that are still suspended are resumed first, as by
    /// <see cref="SuspendedRange.Dispose"/>; otherwise this does not block. Idempotent.
    /// </summary>
    public void Dispose() => SyncCompletion.Wait(EndAsync(CallMode.Blocking));

    /// <inheritdoc/>
    /// <remarks>As <see cref="Dispose"/>, without blocking the caller.</remarks>
    public ValueTask DisposeAsync() => EndAsync(CallMode.Async);

    internal void Forget(SuspendedRange suspended)
    {
        lock (_suspended) _suspended.Remove(suspended);
    }

    private void CheckSuspension(ByteRange range)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.Length, SuspendedBytesMax, nameof(range));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.End, FileState.LengthMax, nameof(range));
    }

    private async ValueTask<SuspendedRange> SuspendAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var (suspension, result) = await Services.UncachedIO.SuspendAsync(_file, range, mode, cancellationToken)
            .ConfigureAwait(false);
        var suspended = new SuspendedRange(this, suspension, result);
        lock (_suspended) _suspended.Add(suspended);
        return suspended;
    }

    internal override async ValueTask EndAsync(CallMode mode)
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0) return;
        EndAccess();
        foreach (var suspended in _suspended.ToArray()) await suspended.DisposeAsync(mode).ConfigureAwait(false);
        State.ReleaseExclusive();
    }

    private protected override ValueTask HoldExclusiveAsync(CallMode mode, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    private protected override void ReleaseExclusive()
    {
        // The hold lasts until it is disposed, not until a call ends.
    }

    private protected override void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isReleased != 0, this);
}
