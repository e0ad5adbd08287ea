namespace Concord.Stores;

/// <summary>
/// Where in a tier which block is. Chooses what has to go by CLOCK: a hand goes round the slots, passes a block once
/// that was used since it came by, and takes the next one that was not. (The replacement of the cache itself stands
/// above the stores and knows extents.) Safe for use by several threads; no call waits for a disk.
/// </summary>
internal sealed class TierSlots(int count)
{
    // _gate owns all below.
    private readonly Lock _gate = new();
    private readonly Dictionary<(TierKey Key, long Block), int> _places = [];
    private readonly Slot?[] _slots = new Slot?[count];
    private long _pages;
    private int _hand, _claimed;

    private sealed class Slot
    {
        /// <summary>What is there; null for nothing.</summary>
        internal TierRecord? Record { get; set; }

        /// <summary>Who reads or fills the slot now, which keeps its place from being given away.</summary>
        internal int Pins { get; set; }

        internal bool WasUsed { get; set; }

        /// <summary>Whether the index on disk may have a record of it.</summary>
        internal bool MayBeOnDisk { get; set; }
    }

    /// <summary>A slot that nobody gives away before it is unpinned.</summary>
    /// <param name="Slot">Its number.</param>
    /// <param name="Record">What is there; null for a slot that was claimed and has nothing yet.</param>
    /// <param name="MustBeErased">Whether the index on disk may have a record of what was there before.</param>
    internal readonly record struct Pinned(int Slot, TierRecord? Record, bool MustBeErased);

    internal int Count => _slots.Length;

    internal (int Blocks, long Pages) Totals
    {
        get
        {
            lock (_gate) return (_places.Count, _pages);
        }
    }

    /// <summary>Every block that is there, with its slot.</summary>
    internal IReadOnlyList<(int Slot, TierRecord Record)> Blocks
    {
        get
        {
            lock (_gate) return [.. _places.Values.Select(number => (number, SlotAt(number).Record!))];
        }
    }

    /// <summary>Adds what the index on disk has; the second of two records of one block does not count.</summary>
    internal void Restore(int number, TierRecord record)
    {
        lock (_gate)
        {
            var slot = SlotAt(number);
            slot.MayBeOnDisk = true;
            if (_places.TryAdd((record.Key, record.Block), number)) Put(slot, record);
        }
    }

    /// <summary>The mask of pages that are there of a block.</summary>
    internal int PagesOf(TierKey key, long block)
    {
        lock (_gate) return _places.TryGetValue((key, block), out int number) ? SlotAt(number).Record!.Pages : 0;
    }

    /// <summary>Pins the slot of a block for a reader.</summary>
    internal Pinned? TryPin(TierKey key, long block)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue((key, block), out int number)) return null;
            var slot = SlotAt(number);
            slot.WasUsed = true;
            slot.Pins++;
            return new Pinned(number, slot.Record, MustBeErased: false);
        }
    }

    /// <summary>
    /// Pins the slot of a block for who fills it, until it is released: its own, one that is free, or one that is given
    /// away. Null where all are pinned.
    /// </summary>
    internal Pinned? TryClaim(TierKey key, long block)
    {
        lock (_gate)
        {
            if (_places.TryGetValue((key, block), out int number))
            {
                SlotAt(number).Pins++;
                return new Pinned(number, SlotAt(number).Record, MustBeErased: false);
            }

            if (FindFree() is not { } found) return null;
            var slot = SlotAt(found);
            Take(slot);
            slot.Pins++;
            _claimed++;
            return new Pinned(found, null, slot.MayBeOnDisk);
        }
    }

    /// <summary>The index on disk is about to have a record of a claimed slot.</summary>
    internal void NoteOnDisk(int number)
    {
        lock (_gate) SlotAt(number).MayBeOnDisk = true;
    }

    /// <summary>Shows what a claimed slot has now, unless what it had was dropped meanwhile.</summary>
    internal void Publish(in Pinned claimed, TierRecord record)
    {
        lock (_gate)
        {
            var slot = SlotAt(claimed.Slot);
            if (slot.Record != claimed.Record) return;
            if (slot.Record is null) _places.Add((record.Key, record.Block), claimed.Slot);
            else _pages -= CountOf(slot.Record);
            Put(slot, record);
        }
    }

    internal void Unpin(int number)
    {
        lock (_gate) SlotAt(number).Pins--;
    }

    /// <summary>Ends a claim, whether the slot was filled or not.</summary>
    internal void Release(in Pinned claimed)
    {
        lock (_gate)
        {
            SlotAt(claimed.Slot).Pins--;
            if (claimed.Record is null) _claimed--;
        }
    }

    /// <summary>Forgets pages whose bytes are not those of their record: a mask.</summary>
    internal void Drop(in Pinned pinned, int pages)
    {
        lock (_gate)
        {
            var slot = SlotAt(pinned.Slot);
            if (slot.Record is null || slot.Record != pinned.Record) return;
            var rest = slot.Record.Without(pages);
            if (rest.Pages == 0)
            {
                Take(slot);
                return;
            }

            _pages -= CountOf(slot.Record);
            Put(slot, rest);
        }
    }

    /// <summary>Forgets everything. Slots that are pinned are given away when they are not.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            foreach (var slot in _slots)
            {
                if (slot is not null) Take(slot);
            }
        }
    }

    /// <summary>A slot that has nothing, or else the one whose block goes.</summary>
    private int? FindFree()
    {
        bool hasFree = _places.Count + _claimed < Count;

        // Twice round: the first time finds what is free, and otherwise takes the marks of use away.
        for (long step = 0; step < 2L * Count; step++)
        {
            int number = _hand;
            _hand = (_hand + 1) % Count;
            var slot = SlotAt(number);
            if (slot.Pins > 0) continue;
            if (slot.Record is null) return number;
            if (hasFree && step < Count) continue;
            if (!slot.WasUsed) return number;
            slot.WasUsed = false;
        }

        return null;
    }

    private Slot SlotAt(int number) => _slots[number] ??= new Slot();

    private void Put(Slot slot, TierRecord record)
    {
        slot.Record = record;
        _pages += CountOf(record);
    }

    private void Take(Slot slot)
    {
        if (slot.Record is not { } record) return;
        _places.Remove((record.Key, record.Block));
        _pages -= CountOf(record);
        (slot.Record, slot.WasUsed) = (null, false);
    }

    private static int CountOf(TierRecord record) => int.PopCount(record.Pages);
}
