using Concord.Caching;
using Concord.Interop;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A range that was flushed and purged, and is suspended while its holder writes the store below it: by another
/// program, a device, a copy on the server. See <see cref="ExclusiveHold.Suspend"/>.
/// </summary>
/// <remarks>
/// <para>
/// Until it is resumed, hits, loads, faults and sharers' reads of the range wait; the lazy writer skips it; and the
/// holder's own calls that meet it throw <see cref="InvalidOperationException"/>. Write within <see cref="Range"/>
/// only, and do not cut the store: for that there is <see cref="FileOperations.SetLength"/>. Not safe for use by
/// several threads at once.
/// </para>
/// <para>
/// Pages in <see cref="Result"/>'s <see cref="CoherencyResult.Left"/> stayed in memory. Resuming copies into them every
/// byte of the store that has changed since, so that a lease on them keeps the bytes that it wrote itself.
/// </para>
/// </remarks>
public sealed class SuspendedRange : IDisposable, IAsyncDisposable
{
    private readonly ExclusiveHold _hold;
    private readonly Suspension _suspension;

    internal SuspendedRange(ExclusiveHold hold, Suspension suspension, CoherencyResult result)
    {
        _hold = hold;
        _suspension = suspension;
        Result = result;
    }

    /// <summary>The bytes that may be written below the cache.</summary>
    public ByteRange Range => _suspension.Range;

    /// <summary>What the flush and purge did, and what stayed.</summary>
    public CoherencyResult Result { get; }

    /// <summary>
    /// Resumes the range: calls that wait for it go on, with the store's bytes as they are now. The file is longer if
    /// the store has become longer, up to the end of the range. The next flush makes durable what was written. Blocks.
    /// Idempotent.
    /// </summary>
    /// <exception cref="IOException">
    /// The store could not be asked what it has in place of pages that stayed. The range stays suspended: resume it
    /// again, or give up by <see cref="Dispose"/>.
    /// </exception>
    public void Resume() => SyncCompletion.Wait(ResumeAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Resumes the range, as <see cref="Resume"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; the range stays suspended.</param>
    /// <exception cref="IOException">The store could not be asked; the range stays suspended.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; the range stays suspended.</exception>
    public ValueTask ResumeAsync(CancellationToken cancellationToken = default) =>
        ResumeAsync(CallMode.Async, cancellationToken);

    /// <summary>
    /// <see cref="Resume"/> that never throws. If the store cannot be asked the range is resumed all the same: pages
    /// that stayed keep their old bytes, which may be written over the new ones, and the next flush of the range
    /// through each handle reports that. Blocks.
    /// </summary>
    public void Dispose() => SyncCompletion.Wait(DisposeAsync(CallMode.Blocking));

    /// <inheritdoc/>
    /// <remarks>As <see cref="Dispose"/>, without blocking the caller.</remarks>
    public ValueTask DisposeAsync() => DisposeAsync(CallMode.Async);

    internal async ValueTask DisposeAsync(CallMode mode)
    {
        try
        {
            await ResumeAsync(mode, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Log the error before the range is resumed, since then the old bytes may be written back.
            _hold.State.Errors.Add(Range, new IOException($"what was written below a suspended range of {_hold.Label} "
                + $"could not be copied into pages that stayed: {ShownText.Of(error)}", error));
            _suspension.Resume();
        }

        _hold.Forget(this);
    }

    private async ValueTask ResumeAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (!_suspension.IsResumed)
            await _hold.Services.UncachedIO.ResumeAsync(_suspension, mode, cancellationToken).ConfigureAwait(false);
    }
}
