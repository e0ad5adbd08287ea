namespace Concord.Nt;

// Pins that are kept beyond their unpinning, and those whose owner is no thread.
internal sealed unsafe partial class NtPins
{
    /// <summary>Keeps a mapping or a pin once more, without a lock.</summary>
    /// <returns>False, and nothing changed, if its last reference has gone meanwhile.</returns>
    internal bool TryKeep(NtPin pin, bool isRepin)
    {
        lock (_gate)
        {
            if (pin.References == 0) return false;
            pin.References++;
            if (isRepin) pin.Repins++;
            return true;
        }
    }

    /// <summary>Takes one of the pin's repinnings for the caller to end.</summary>
    /// <returns>False, and nothing changed, if it has none.</returns>
    internal bool TryTakeRepin(NtPin pin)
    {
        lock (_gate)
        {
            if (pin.Repins == 0) return false;
            pin.Repins--;
            return true;
        }
    }

    /// <summary>Ends a repinning that was taken.</summary>
    internal void EndRepin(NtPin pin)
    {
        lock (_gate) DropLocked(pin);
    }

    /// <summary>Gives one acquisition of the calling thread to an owner that is no thread.</summary>
    /// <returns>False, and nothing changed, if the thread has none.</returns>
    internal bool TryGive(NtPin pin, nint owner)
    {
        lock (_gate)
        {
            if (pin.References == 0 || !pin.Lock!.IsMine) return false;
            pin.Owners.Add((owner, pin.Lock.IsMineExclusively, Thread.CurrentThread));
            pin.Lock.Release();
            return true;
        }
    }

    /// <summary>Ends one acquisition of an owner that is no thread.</summary>
    /// <returns>False, and nothing changed, if it has none.</returns>
    internal bool TryReleaseGiven(NtPin pin, nint owner)
    {
        lock (_gate)
        {
            int at = pin.Owners.FindIndex(given => given.Owner == owner);
            if (at < 0) return false;
            pin.Owners.RemoveAt(at);
            DropLocked(pin);
            return true;
        }
    }

    /// <summary>Whether the calling thread could have it now, besides all that have it.</summary>
    private static bool CanAcquireLocked(NtPin pin, bool exclusively) => pin.Lock!.CanAcquire(exclusively)
        && (pin.Owners.Count == 0 || (!exclusively && !pin.Owners.Exists(static given => given.HasItAlone)));

    /// <summary>One reference less; the last takes the pin with it, before the gate opens.</summary>
    private void DropLocked(NtPin pin)
    {
        Monitor.PulseAll(_gate);
        if (--pin.References > 0) return;
        _pins.Remove(pin);
        ByBcb.TryRemove((nint)pin.Bcb, out _);
        pin.End();
    }
}
