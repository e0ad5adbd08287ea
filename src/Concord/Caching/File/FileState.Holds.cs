using Concord.Scheduling;

namespace Concord.Caching;

// Taking the file's hold for a call, shared or exclusive. While a call has the exclusive hold, other calls do not hit.
internal sealed partial class FileState
{
    private volatile bool _isClosedToHits;
    private long _hitTerms;

    /// <summary>Whether hits take the slow path, because the file is held exclusively.</summary>
    internal bool IsClosedToHits => _isClosedToHits;

    /// <summary>
    /// A number that changes when the file is closed to hits, when it is open to them again, and when a handle or hold
    /// ends. As long as it stays the same, what a hit has found out about them is still true.
    /// </summary>
    internal long HitTerms => Volatile.Read(ref _hitTerms);

    /// <summary>What hits have found out about handles and holds is true no more.</summary>
    internal void ChangeHitTerms() => Interlocked.Increment(ref _hitTerms);

    /// <summary>Takes the shared hold for one call.</summary>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal async ValueTask AcquireSharedAsync(CallMode mode, CancellationToken cancellationToken)
    {
        Level.NoteCall(Store.Label);
        await Hold.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
        if (!_isRetired) return;
        Hold.ReleaseShared();
        throw new ObjectDisposedException(Store.Traits.Name);
    }

    /// <summary>Takes the shared hold if that needs no waiting.</summary>
    internal bool TryAcquireShared()
    {
        if (!Hold.TryAcquireShared()) return false;
        if (!_isRetired) return true;
        Hold.ReleaseShared();
        return false;
    }

    internal void ReleaseShared() => Hold.ReleaseShared();

    /// <summary>
    /// Takes the exclusive hold: no other user operation runs, and copies inside have ended or are stuck.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal async ValueTask AcquireExclusiveAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (!await TryAcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false))
        {
            throw new ObjectDisposedException(Store.Traits.Name);
        }
    }

    /// <returns>False, and nothing is taken, when the last handle was closed while the call waited.</returns>
    internal async ValueTask<bool> TryAcquireExclusiveAsync(CallMode mode, CancellationToken cancellationToken)
    {
        Level.NoteCall(Store.Label);
        await Hold.AcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);

        // _isRetired is set under the exclusive hold only, so it cannot change while this call has it.
        if (_isRetired)
        {
            Hold.ReleaseExclusive();
            return false;
        }

        CloseToHits();
        return true;
    }

    /// <summary>Takes the exclusive hold if it is free and no call waits for it.</summary>
    internal bool TryAcquireExclusive()
    {
        if (!Hold.TryAcquireExclusive()) return false;
        CloseToHits();
        return true;
    }

    internal void ReleaseExclusive()
    {
        Sizes.AllowAppending();
        ChangeHitTerms();
        _isClosedToHits = false;
        Hold.ReleaseExclusive();
    }

    /// <summary>Sends new hits to the slow path, and waits for those inside.</summary>
    private void CloseToHits()
    {
        _isClosedToHits = true;
        ChangeHitTerms();
        Sizes.StopAppending();

        // A fence of all processors, among others: whoever appends without the lock of sizes has raised its mark by
        // now, or finds it stopped.
        DrainPins();
        Sizes.EndAppending();
    }
}
