namespace Concord.Memory;

/// <summary>Controls which blocks of a leaf's memory may be touched: those in which an extent has memory.</summary>
internal interface IBlockGuard
{
    /// <summary>Lets an extent's block be touched, before the extent gets memory.</summary>
    /// <param name="slot">The extent's place in the leaf.</param>
    /// <exception cref="OutOfMemoryException">
    /// The system has no further mapping, or no memory to promise; nothing changed.
    /// </exception>
    void Open(int slot);

    /// <summary>Notes that an extent has lost its memory; closes the block with the last such extent.</summary>
    void Close(int slot);
}
