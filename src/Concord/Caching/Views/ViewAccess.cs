namespace Concord;

/// <summary>What native code may do at the addresses of a view.</summary>
public enum ViewAccess
{
    /// <summary>Read. A write is an access violation.</summary>
    Read = 0,

    /// <summary>Read and write. What is written is the file's, collected at each flush and in between.</summary>
    ReadWrite,

    /// <summary>
    /// Read and write, and what is written is the view's own: never the file's, and outside coherence. Pages that were
    /// not written follow the file.
    /// </summary>
    CopyOnWrite,

    /// <summary>
    /// Read, with every page brought in at once and held by a lease as long as the view lasts. It needs no fault
    /// handling by the system, so it works where that is not permitted; a purge reports its pages as left.
    /// </summary>
    LeasedRead,
}
