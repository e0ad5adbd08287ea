using Concord.Memory;

namespace Concord.Caching;

// A cache that nobody disposed. Its memory is not the collector's: it goes when nobody can reach the file any more.
internal sealed partial class FileState
{
    /// <summary>
    /// Gives the memory of a dropped file back. Nothing is dirty: a cache with something dirty is kept until that is
    /// written (<see cref="ExitFlush"/>), and one with a view until the view is disposed.
    /// </summary>
    ~FileState()
    {
        if (Volatile.Read(ref _section) is not { } section || IsUsedBySomebody()) return;

        // A copy may be under way in a call that does not need the file any more.
        Pins.Fence();
        if (!Pins.Drain(section.Id, TimeSpan.Zero))
        {
            GC.ReRegisterForFinalize(this);
            return;
        }

        try
        {
            section.Dispose();
        }
        catch (IOException)
        {
            // The system keeps it, and nobody is left to tell.
            return;
        }
    }

    /// <summary>
    /// Whether a lease that was not disposed has pages, or a call of a store that has not ended: their addresses may
    /// be in use by who has no reference, so that the memory stays for good.
    /// </summary>
    private bool IsUsedBySomebody()
    {
        foreach (var extent in Extents.All)
        {
            lock (extent)
            {
                if ((extent.HeldByLease | extent.Claimed | extent.Writing) != PageMask.None) return true;
            }
        }

        return false;
    }
}
