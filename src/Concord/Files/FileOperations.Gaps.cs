using Concord.Scheduling;

namespace Concord;

// Writes that begin behind the file's end, and leave a gap of bytes that no call wrote.
public abstract partial class FileOperations
{
    /// <summary>
    /// Whether a write begins behind the end. A write of no bytes does not make the file longer.
    /// </summary>
    private bool LeavesGap(long offset, int length) => offset > State.Sizes.Length && length > 0;

    private async ValueTask WriteBehindGapAsync(long offset, ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken)
    {
        await PrepareGapAsync(offset, CallMode.Async, cancellationToken).ConfigureAwait(false);
        await WriteCheckedAsync(offset, source, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Prepares the gap, which reads as zeros: takes over what another program appended to the store, and clears what
    /// views wrote behind the end, which is not the file's.
    /// </summary>
    private async ValueTask PrepareGapAsync(long offset, CallMode mode, CancellationToken cancellationToken)
    {
        if (!State.IsStaged && !await Services.Lengths.IsStoreLongerAsync(mode, cancellationToken)
            .ConfigureAwait(false))
            return;
        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            if (State.IsStaged) State.ThrowIfSuspended(new ByteRange(0, long.MaxValue));
            await Services.Lengths.AdmitAppendedAsync(mode, cancellationToken).ConfigureAwait(false);
            if (State.LeavesGap(offset))
                await Services.SizeChanges.SetLengthAsync(offset, mode, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ReleaseExclusive();
        }
    }
}
