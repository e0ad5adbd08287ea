namespace Concord.Memory;

/// <summary>Wakes threads that wait inside views for pages of an extent.</summary>
internal interface IPageWaker
{
    /// <summary>
    /// Wakes the threads that wait for these pages, which faults can be answered for now. Called with the extent's lock
    /// held.
    /// </summary>
    void WakeLocked(Extent extent, ulong pages);
}
