using Concord.Caching;
using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord;

// How far a write has come when its call returns.
public abstract partial class FileOperations
{
    /// <summary>
    /// How often a range is written until it has no dirty page: writes of other calls may fail, or a cut may exclude
    /// pages. A page that is dirty after so many passes was changed again each time.
    /// </summary>
    private const int HandOverPasses = 8;

    /// <summary>Takes a lease at whose end the bytes reach as far as with a write of this handle.</summary>
    private async ValueTask<PageLease> TakeLeaseAsync(
        ByteRange range, LeaseAccess access, CallMode mode, CancellationToken cancellationToken)
    {
        var leasing = Services.Leasing;
        if (access != LeaseAccess.Read) await leasing.CleanAsync(mode, cancellationToken).ConfigureAwait(false);
        var lease = await leasing
            .TakeAsync(range, access, HoldsExclusively, mode, cancellationToken).ConfigureAwait(false);
        return EndsAsWritten(lease);
    }

    /// <summary>
    /// Holds one page behind the end of the file, of zeros, to be ended with <see cref="PageLease.Abort"/>; null when
    /// the file reaches into the page by now. Blocks.
    /// </summary>
    /// <param name="offset">The page's first byte.</param>
    /// <exception cref="IOException">The cache is full, or does not reach so far; nothing is held.</exception>
    internal PageLease? LeaseBehindEnd(long offset)
    {
        ThrowIfClosed();
        if (offset > FileState.LengthMax - PageGeometry.PageBytes) throw TooLong(offset + PageGeometry.PageBytes);
        return SyncCompletion.Result(Services.Leasing.TakeBehindEndAsync(
            offset, HoldsExclusively, CallMode.Blocking, CancellationToken.None));
    }

    private PageLease EndsAsWritten(PageLease lease)
    {
        if (Reach != WriteReach.Memory) lease.Written = PushLeased;
        return lease;
    }

    /// <summary>
    /// Pushes what was written through a lease. The end of a lease does not throw: the next flush does.
    /// </summary>
    private void PushLeased(ByteRange range) =>
        _ = SyncCompletion.Result(TryPushAsync(range, CallMode.Blocking, CancellationToken.None));

    /// <summary>
    /// Has the store accept what was written in a range, and makes it durable if the handle asks for that.
    /// </summary>
    /// <exception cref="IOException">The store refused; what it refused is dirty and readable as before.</exception>
    private async ValueTask PushAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        var error = await TryPushAsync(range, mode, cancellationToken).ConfigureAwait(false);
        if (error is not null) throw Told(range, error);
    }

    private async ValueTask<Exception?> TryPushAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        if (range.IsEmpty) return null;
        var error = await TryHandOverAsync(range, mode, cancellationToken).ConfigureAwait(false);
        if (error is not null || Reach != WriteReach.Durable) return error;
        return await TryMakeDurableAsync(mode).ConfigureAwait(false);
    }

    /// <summary>Makes durable what the store has accepted, if each write of the handle is to be durable.</summary>
    /// <exception cref="IOException">The barrier failed; what it may concern is dirty again.</exception>
    private async ValueTask EndWriteAsync(ByteRange range, CallMode mode)
    {
        if (Reach != WriteReach.Durable) return;
        if (await TryMakeDurableAsync(mode).ConfigureAwait(false) is { } error) throw Told(range, error);
    }

    private async ValueTask<Exception?> TryMakeDurableAsync(CallMode mode)
    {
        try
        {
            await State.Ledger.MakeDurableAsync(State.Ledger.Accepted, mode).ConfigureAwait(false);
            return null;
        }
        catch (IOException error)
        {
            return error;
        }
    }

    /// <summary>
    /// Has the store accept what was written in a range, without a barrier. Takes no hold, as the lazy writer takes
    /// none: the caller may hold the file, or may be ending a lease for which the file's holder waits.
    /// </summary>
    /// <returns>The error, or null.</returns>
    private async ValueTask<Exception?> TryHandOverAsync(
        ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        for (int pass = 1; ; pass++)
        {
            long errorsBefore = State.Errors.Last;

            // Wait for a cut, which excludes pages from writing; then write, and wait for writes of other calls.
            if (State.CutMeeting(range.End) is { } cut)
            {
                await State.StoreWait.WaitAsync(cut, mode, cancellationToken).ConfigureAwait(false);
            }

            var (_, error) = await Services.WriteBack
                .WriteAsync(range, mode, cancellationToken, flushes: false).ConfigureAwait(false);
            await Services.WriteBack.WaitForWritesInFlightAsync(range, mode).ConfigureAwait(false);
            if (error is not null || !IsDirty(range)) return error;
            if (pass < HandOverPasses) continue;
            return State.Errors.Last == errorsBefore ? null : new IOException("writes of it failed all the time");
        }
    }

    private bool IsDirty(ByteRange range)
    {
        if (State.Pending.IsZero) return false;
        foreach (var extent in State.Extents.In(range))
        {
            if ((extent.Dirty & PageGeometry.PagesOf(extent.Index, range)) != PageMask.None) return true;
        }

        return false;
    }

    /// <summary>
    /// The newest error that concerns the range and was not reported to this handle; reports all of them with it.
    /// </summary>
    private IOException Told(ByteRange range, Exception error)
    {
        error = State.Errors.Tell(Listener, range) ?? error;
        string why = ShownText.Of(error);
        return new IOException($"cannot write {Label} back: {why}; the bytes are kept, flush to retry", error)
        {
            HResult = error.HResult,
        };
    }
}
