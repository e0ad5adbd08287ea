namespace Concord.Memory;

/// <summary>Which blocks of a leaf's memory may be touched: those in which an extent has memory.</summary>
internal interface IBlockGuard
{
    /// <summary>An extent is about to get memory: from here on its block may be touched.</summary>
    /// <param name="slot">The extent's place in the leaf.</param>
    /// <exception cref="OutOfMemoryException">
    /// The system has no further mapping, or no memory to promise; nothing changed.
    /// </exception>
    void Open(int slot);

    /// <summary>An extent has no memory any more: with the last of its block nobody touches the block.</summary>
    void Close(int slot);
}
