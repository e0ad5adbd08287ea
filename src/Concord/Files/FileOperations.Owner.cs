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
    internal void SetSizes(long length, long validLength) => SetSizes(length, validLength, canCut: true);

    /// <summary>
    /// As <see cref="SetSizes(long, long)"/>, but a file that is longer stays as long and as valid as it is, also where
    /// another thread makes it longer while this call waits for the file. Blocks.
    /// </summary>
    internal void ExtendSizes(long length, long validLength) => SetSizes(length, validLength, canCut: false);

    private void SetSizes(long length, long validLength, bool canCut)
    {
        ThrowIfClosed();
        bool changesLength = canCut ? length != State.Sizes.Length : length > State.Sizes.Length;
        if (changesLength)
        {
            ThrowIfReadOnly();
            if (length > State.LengthLimit) throw TooLong(length);
        }

        SyncCompletion.Wait(HoldExclusiveAsync(CallMode.Blocking, CancellationToken.None));
        try
        {
            // Only with the hold does the length stay: compare it here.
            if (!canCut && length < State.Sizes.Length)
                (length, validLength) = (State.Sizes.Length, Math.Max(validLength, State.Sizes.ValidLength));
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
