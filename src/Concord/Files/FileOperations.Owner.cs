using Concord.Scheduling;

namespace Concord;

// For whoever owns the store and keeps its sizes himself, as a file system does.
public abstract partial class FileOperations
{
    /// <summary>
    /// Takes over the sizes that the store's owner says: the length as by <see cref="SetLength"/>, and how far the
    /// bytes are valid; those behind read as zeros without asking the store. What came through the cache stays valid.
    /// Blocks.
    /// </summary>
    internal void SetSizes(long length, long validLength)
    {
        ThrowIfClosed();
        if (length != State.Sizes.Length)
        {
            ThrowIfReadOnly();
            if (length > State.LengthLimit) throw TooLong(length);
        }

        SyncCompletion.Wait(HoldExclusiveAsync(CallMode.Blocking, CancellationToken.None));
        try
        {
            SyncCompletion.Wait(
                Services.SizeChanges.SetSizesAsync(length, validLength, CallMode.Blocking, CancellationToken.None));
        }
        finally
        {
            ReleaseExclusive();
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
        SyncCompletion.Wait(HoldExclusiveAsync(CallMode.Blocking, CancellationToken.None));
        try
        {
            return SyncCompletion.Result(
                Services.Cache.Sections.GiveUpHeldAsync(State, Listener, CallMode.Blocking, CancellationToken.None));
        }
        finally
        {
            ReleaseExclusive();
        }
    }
}
