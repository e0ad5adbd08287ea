namespace Concord.Memory;

/// <summary>The memory in which extents lie.</summary>
internal interface IPageMemory
{
    /// <summary>Identifies the memory to pins; never 0, never used twice.</summary>
    long Id { get; }

    /// <summary>Where a byte of the file lies; address space for it is reserved if there is none.</summary>
    /// <exception cref="OutOfMemoryException">There is no address space left.</exception>
    nint AddressOf(long offset);

    /// <summary>Makes a guard that denies access to blocks of a leaf in which no extent has memory.</summary>
    /// <param name="start">The leaf's first byte in the file.</param>
    /// <param name="length">Bytes of the leaf.</param>
    IBlockGuard NewGuard(long start, long length);
}
