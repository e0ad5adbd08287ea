using Concord.Memory;

namespace Concord.Caching;

// A cache that was dropped without disposal. The collector does not free its memory: the finalizer of each file does.
internal sealed partial class FileState
{
    /// <summary>
    /// Gives the memory of a dropped file back. Nothing is dirty: a cache with something dirty is kept until that is
    /// written (<see cref="ExitFlush"/>), and one with a view until the view is disposed.
    /// </summary>
    ~FileState()
    {
        if (Volatile.Read(ref _section) is not { } section || IsUsedBySomebody()) return;

        // A copy may be under way in a call that has no further use of the file object.
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
            // The system keeps the memory, and no caller is left to report it to.
            return;
        }
    }

    /// <summary>
    /// Whether a lease that was not disposed has pages, or a call of a store that has not ended. Code without a
    /// reference to the file may use their addresses, so the memory is never freed.
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
