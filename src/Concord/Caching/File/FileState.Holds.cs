using Concord.Scheduling;

namespace Concord.Caching;

// Taking the file's hold for a call, shared or exclusive. While a call has the exclusive hold, other calls do not hit.
internal sealed partial class FileState
{
    private volatile bool _isClosedToHits;

    /// <summary>Whether hits take the slow path, because the file is held exclusively.</summary>
    internal bool IsClosedToHits => _isClosedToHits;

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

        // Send new hits to the slow path, and wait for those inside.
        _isClosedToHits = true;
        DrainPins();
        return true;
    }

    /// <summary>Takes the exclusive hold if it is free and no call waits for it.</summary>
    internal bool TryAcquireExclusive()
    {
        if (!Hold.TryAcquireExclusive()) return false;
        _isClosedToHits = true;
        DrainPins();
        return true;
    }

    internal void ReleaseExclusive()
    {
        _isClosedToHits = false;
        Hold.ReleaseExclusive();
    }
}
