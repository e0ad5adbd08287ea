namespace Concord.Memory;

// Marks of use. They are hints: set and cleared without the lock, and now and then lost.
internal sealed partial class Extent
{
    // Marks that were taken for the whole file, and that whoever asks for a page is still to hear of.
    private ulong _usedBefore;

    /// <summary>Notes that pages were used.</summary>
    internal void NoteUse(ulong pages) => _leaf.NoteUse(_slot, pages);

    /// <summary>Takes the marks of use off pages.</summary>
    /// <returns>Those of them that were used since the last call.</returns>
    internal ulong TakeUse(ulong pages)
    {
        ref ulong used = ref _leaf.Used(_slot);
        ulong taken = (used | _usedBefore) & pages;
        if (taken == PageMask.None) return taken;
        used &= ~taken;
        _usedBefore &= ~taken;
        return taken;
    }

    /// <summary>Which pages were used since the marks were taken off; they stay.</summary>
    internal ulong Used => _leaf.Used(_slot) | _usedBefore;

    /// <summary>
    /// Whether any page was used since the last call. <see cref="TakeUse"/> is told of all uses nevertheless.
    /// </summary>
    internal bool TakeAnyUse()
    {
        ref ulong used = ref _leaf.Used(_slot);
        if (used == PageMask.None) return false;
        _usedBefore |= used;
        used = PageMask.None;
        return true;
    }
}
