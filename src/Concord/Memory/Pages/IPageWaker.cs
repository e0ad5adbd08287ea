namespace Concord.Memory;

/// <summary>Wakes threads that wait inside views for pages of an extent.</summary>
internal interface IPageWaker
{
    /// <summary>
    /// These pages can be looked at again: nothing is being done to them any more. Called with the extent's lock held.
    /// </summary>
    void WakeLocked(Extent extent, ulong pages);
}
