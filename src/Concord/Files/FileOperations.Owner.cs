using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

// For whoever owns the store and keeps its sizes himself, as a file system does.
public abstract partial class FileOperations
{
    /// <summary>
    /// Takes over the sizes that the store's owner says: the length as by <see cref="SetLength"/>, and how far the bytes
    /// are valid; those behind read as zeros without asking the store. What came through the cache stays valid. Blocks.
    /// </summary>
    internal void SetSizes(long length, long validLength)
    {
        ThrowIfClosed();
        if (length != Map.Sizes.Length)
        {
            ThrowIfReadOnly();
            if (length > Map.LengthLimit) throw TooLong(length);
        }

        Blocking.Wait(HoldAsync(CallMode.Blocking, CancellationToken.None));
        try
        {
            Blocking.Wait(Map.SizeChanges.SetSizesAsync(length, validLength, CallMode.Blocking, CancellationToken.None));
        }
        finally
        {
            Unhold();
        }
    }

    /// <summary>
    /// Flushes and purges everything and gives the file's memory up, if nobody holds a page of it and nobody above has
    /// copies. Blocks.
    /// </summary>
    /// <returns>Whether it has no memory any more; a later call brings it back.</returns>
    internal bool TryGiveUpMemory()
    {
        ThrowIfClosed();
        Blocking.Wait(HoldAsync(CallMode.Blocking, CancellationToken.None));
        try
        {
            return Blocking.Result(SectionLimit.GiveUpHeldAsync(Map, Listener, CallMode.Blocking, CancellationToken.None));
        }
        finally
        {
            Unhold();
        }
    }
}
