namespace Concord;

/// <summary>Why pages stayed in a cache after a purge.</summary>
public enum LeftReason
{
    /// <summary>It cannot be known whether the pages stayed, or what holds them.</summary>
    Unknown = 0,

    /// <summary>A lease holds the pages in place.</summary>
    Lease,

    /// <summary>A copy from or to the pages did not end in time.</summary>
    Reader,

    /// <summary>A view shows the pages and could not drop them.</summary>
    View,

    /// <summary>The pages are locked in memory (<c>mlock</c>).</summary>
    Lock,

    /// <summary>A process maps the pages, and they could not be taken out of its mapping.</summary>
    MappedByProcess,

    /// <summary>The pages were written again while the operation ran.</summary>
    DirtyAgain,

    /// <summary>The pages could not be written to the store; they are dirty, resident and readable.</summary>
    WriteFailed,

    /// <summary>The store is memory itself: the pages are its bytes, not copies of them.</summary>
    StoreIsMemory,
}
