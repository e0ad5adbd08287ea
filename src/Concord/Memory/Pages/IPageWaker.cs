namespace Concord.Memory;

/// <summary>Who wakes threads that wait inside views for pages of an extent.</summary>
internal interface IPageWaker
{
    /// <summary>Nothing is being done to these pages any more; called with the extent's lock held.</summary>
    void WakeLocked(Extent extent, ulong pages);
}
