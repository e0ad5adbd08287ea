using Concord.Scheduling;

namespace Concord;

// For code that owns the store and keeps its sizes itself, such as a file system.
public abstract partial class FileOperations
{
    /// <summary>
    /// Takes over the sizes that the store's owner tells: the length as by <see cref="SetLength"/>, and how far the
    /// bytes are valid. Bytes behind that read as zeros without a read of the store. Bytes written through the cache
    /// stay valid. Blocks.
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
    /// Flushes and purges everything and gives the file's memory up, if no page is held and no sharer has copies.
    /// Blocks.
    /// </summary>
    /// <returns>Whether the file is without memory; a later call makes memory again.</returns>
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
