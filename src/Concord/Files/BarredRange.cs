using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A range that was flushed and purged, and from which everybody is kept while its holder writes the store below it in a
/// way of his own: by another program, a device, a copy on the server. See <see cref="ExclusiveHold.Bar"/>.
/// </summary>
/// <remarks>
/// <para>
/// Until it is lifted, hits, loads, faults and sharers' reads of the range wait; the lazy writer passes it by; and the
/// holder's own calls that meet it throw <see cref="InvalidOperationException"/>. Write within <see cref="Range"/> only,
/// and do not cut the store: for that there is <see cref="FileOperations.SetLength"/>. Not safe for use by several
/// threads at once.
/// </para>
/// <para>
/// Pages in <see cref="Result"/>'s <see cref="CoherencyResult.Left"/> stayed in memory. Lifting copies into them what the
/// store has that it did not have before, byte by byte, so that a lease that goes on in them loses nothing of its own.
/// </para>
/// </remarks>
public sealed class BarredRange : IDisposable
{
    private readonly ExclusiveHold _hold;
    private readonly Bar _bar;

    internal BarredRange(ExclusiveHold hold, Bar bar, CoherencyResult result)
    {
        _hold = hold;
        _bar = bar;
        Result = result;
    }

    /// <summary>The bytes that may be written below the cache.</summary>
    public ByteRange Range => _bar.Range;

    /// <summary>What the flush and purge did, and what stayed.</summary>
    public CoherencyResult Result { get; }

    /// <summary>
    /// Lets everybody at the range again, with what the store has now. The file is longer if the store has become so,
    /// up to the end of the range; the next flush makes durable what was written. Blocks. Idempotent.
    /// </summary>
    /// <exception cref="IOException">
    /// The store could not be asked what it has in place of pages that stayed. The range stays barred: lift it again, or
    /// give up by <see cref="Dispose"/>.
    /// </exception>
    public void Lift() => Blocking.Wait(LiftAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Lets everybody at the range again, as <see cref="Lift"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; the range stays barred.</param>
    /// <exception cref="IOException">The store could not be asked; the range stays barred.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; the range stays barred.</exception>
    public ValueTask LiftAsync(CancellationToken cancellationToken = default) => LiftAsync(CallMode.Async, cancellationToken);

    /// <summary>
    /// <see cref="Lift"/> that never throws. If the store cannot be asked the bar is lifted all the same: pages that
    /// stayed keep their old bytes, may be written over the new ones, and every handle of the file is told so by its
    /// next flush of the range. Blocks.
    /// </summary>
    public void Dispose()
    {
        try
        {
            Lift();
        }
        catch (Exception error)
        {
            // Told before anybody is let in, who could write the old bytes back.
            _hold.Map.Errors.Add(Range, new IOException($"what was written below a bar of {_hold.Name} could not be copied into pages that stayed: {error.Message}", error));
            _bar.Lift();
        }

        _hold.Forget(this);
    }

    private async ValueTask LiftAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (!_bar.IsLifted) await _hold.Map.Uncached.LiftAsync(_bar, mode, cancellationToken).ConfigureAwait(false);
    }
}
