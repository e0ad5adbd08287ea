using Concord.Scheduling;

namespace Concord;

// Writes that begin behind the file's end, and leave bytes before them that nobody wrote.
public abstract partial class FileOperations
{
    /// <summary>
    /// Whether a write begins behind the end. One of nothing writes nowhere, and makes nothing longer.
    /// </summary>
    private bool LeavesGap(long offset, int length) => offset > State.Sizes.Length && length > 0;

    private async ValueTask WriteBehindGapAsync(long offset, ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken)
    {
        await PrepareGapAsync(offset, CallMode.Async, cancellationToken).ConfigureAwait(false);
        await WriteCheckedAsync(offset, source, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The gap is zeros where nobody wrote: what another program appended meanwhile is not, and what views wrote there,
    /// which was nobody's, is.
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
