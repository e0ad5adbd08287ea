using System.Collections.Concurrent;

namespace Concord.Nt;

/// <summary>The mappings and pins of one stream.</summary>
internal sealed unsafe partial class NtPins(NtStream stream)
{
    private static readonly ConcurrentDictionary<nint, NtPin> ByBcb = new();

    // _gate owns _pins, the references of each and the locks of each; it is pulsed when one is released.
    private readonly object _gate = new();
    private readonly List<NtPin> _pins = [];

    /// <summary>The mapping or pin of a BCB, or null.</summary>
    internal static NtPin? Of(void* bcb) => ByBcb.GetValueOrDefault((nint)bcb);

    /// <summary>Adds a range to the mapping of its view, or makes that.</summary>
    /// <param name="held">The range.</param>
    /// <param name="address">Where its first byte is.</param>
    internal NtPin Map(HeldBytes held, out byte* address)
    {
        long offset = held.Range.Offset;
        lock (_gate)
        {
            long view = offset >> Ntifs.VACB_OFFSET_SHIFT;
            if (_pins.Find(pin => !pin.IsPinned && pin.Range.Offset >> Ntifs.VACB_OFFSET_SHIFT == view) is { } mapping)
            {
                mapping.References++;
                mapping.Add(held);
            }
            else mapping = AddLocked(new NtPin(stream, held, isPinned: false));

            // Under the gate: another thread may be adding its range to the same mapping.
            address = mapping.AddressOf(offset);
            return mapping;
        }
    }

    /// <summary>
    /// Pins a range: the pin that has all of it, or a new one. Pins that overlap keep others out as one pin would.
    /// </summary>
    /// <param name="range">The bytes, in one view.</param>
    /// <param name="exclusively">Whether the thread wants it alone.</param>
    /// <param name="waits">Whether it may wait for other threads; a thread that shares a part already does not.</param>
    /// <param name="take">
    /// Holds the bytes for a new pin; null if it cannot at once. Called with nothing held.
    /// </param>
    /// <returns>The pin, or null.</returns>
    internal NtPin? Pin(ByteRange range, bool exclusively, bool waits, Func<HeldBytes?> take)
    {
        HeldBytes? held = null;
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    while (IsKeptOutLocked(range, exclusively))
                    {
                        if (!waits || SharesLocked(range)) return null;
                        _ = Monitor.Wait(_gate, NtResource.LookAtOwners);
                    }

                    if (FindPinnedLocked(range) is { } pin && pin.Lock!.TryAcquire(exclusively))
                    {
                        pin.References++;
                        return pin;
                    }

                    if (held is not null)
                    {
                        var made = AddLocked(new NtPin(stream, held, isPinned: true));
                        held = null;
                        _ = made.Lock!.TryAcquire(exclusively);
                        return made;
                    }
                }

                if ((held = take()) is null) return null;
            }
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Whether some pin has all of a range.</summary>
    internal bool IsPinned(ByteRange range)
    {
        lock (_gate) return FindPinnedLocked(range) is not null;
    }

    /// <summary>
    /// Whether a thread that had pinned a part of a range has ended: its pin stays until a thread unpins it.
    /// </summary>
    internal bool IsAbandoned(ByteRange range)
    {
        lock (_gate) return MetLocked(range).Exists(static pin => pin.Lock!.IsAbandoned);
    }

    /// <summary>Returns when no other thread has pinned a part of a range.</summary>
    /// <returns>
    /// False at once if the calling thread has, and would wait for itself, or one that has ended, and will not unpin;
    /// or if a pin is kept that no thread has: it may be the caller's to end.
    /// </returns>
    internal bool WaitForOthers(ByteRange range)
    {
        lock (_gate)
        {
            while (MetLocked(range) is { Count: > 0 } met)
            {
                if (met.Exists(static pin => pin.IsMine || pin.IsNoThreads || pin.Lock!.IsAbandoned)) return false;
                _ = Monitor.Wait(_gate, NtResource.LookAtOwners);
            }

            return true;
        }
    }

    /// <summary>Ends one mapping or pin.</summary>
    /// <returns>False, and nothing changed, if another thread ended the last of it meanwhile.</returns>
    /// <exception cref="InvalidOperationException">
    /// The calling thread has not pinned it, and no thread that has ended; nothing changed.
    /// </exception>
    internal bool TryRelease(NtPin pin)
    {
        lock (_gate)
        {
            if (pin.References == 0) return false;
            if (pin.Lock is { } mine && (mine.IsMine || !mine.TryReleaseAbandoned())) mine.Release();

            // Before the gate opens: who waits for the unpin is about to take the pages away.
            DropLocked(pin);
            return true;
        }
    }

    private List<NtPin> MetLocked(ByteRange range) => _pins.FindAll(pin => pin.IsPinned && pin.Range.Overlaps(range));

    private NtPin AddLocked(NtPin pin)
    {
        _pins.Add(pin);
        ByBcb[(nint)pin.Bcb] = pin;
        return pin;
    }

    private NtPin? FindPinnedLocked(ByteRange range) => _pins.Find(pin => pin.IsPinned && pin.Range.Contains(range));

    /// <summary>Whether the calling thread has a part of the range, and so would wait for itself.</summary>
    private bool SharesLocked(ByteRange range) =>
        _pins.Exists(pin => pin.IsPinned && pin.Range.Overlaps(range) && pin.IsMine);

    /// <summary>Whether another thread has a part of the range in a way that does not go with this.</summary>
    private bool IsKeptOutLocked(ByteRange range, bool exclusively) =>
        _pins.Exists(pin => pin.IsPinned && pin.Range.Overlaps(range) && !CanAcquireLocked(pin, exclusively));
}
