namespace Concord;

/// <summary>What native code may do at the addresses of a view.</summary>
public enum ViewAccess
{
    /// <summary>Read. A write is an access violation.</summary>
    Read = 0,

    /// <summary>Read and write. Writes change the file; they are collected at each flush and in between.</summary>
    ReadWrite,

    /// <summary>
    /// Read and write. Written pages are private to the view: they never change the file, and are outside coherence.
    /// Pages that were not written follow the file.
    /// </summary>
    CopyOnWrite,

    /// <summary>
    /// Read, with every page loaded at once and held by a lease as long as the view lasts. It needs no fault handling
    /// by the system, so it works where that is not permitted. A purge reports its pages as left.
    /// </summary>
    LeasedRead,
}
