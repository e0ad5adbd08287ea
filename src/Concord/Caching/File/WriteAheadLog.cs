using Concord.Stores;

namespace Concord;

/// <summary>
/// A log that has to be durable before the pages whose changes it describes: each change has a sequence number, and a
/// page goes to the store only when the log has reached the highest number it carries. NT: CcSetLogHandleForFile.
/// </summary>
/// <remarks>
/// Implement one of the two forms, or both: each default calls the other. Every write-back calls it: flushes, the lazy
/// writer, writes that need room; from several threads at once. It must not use the file whose log it is.
/// </remarks>
public abstract class WriteAheadLog
{
    /// <summary>Makes the log durable up to a number at least; does nothing if it is. Blocks.</summary>
    /// <param name="sequence">The number, 1 or more.</param>
    /// <exception cref="IOException">
    /// The log could not be made durable: the pages are not written, and stay dirty.
    /// </exception>
    /// <exception cref="NotSupportedException">The log overrides neither form.</exception>
    public virtual void FlushTo(long sequence) =>
        DefaultFormGuard.Wait(this, nameof(FlushTo), () => FlushToAsync(sequence, CancellationToken.None));

    /// <summary>Makes the log durable up to a number at least, without blocking the caller.</summary>
    /// <param name="sequence">The number, 1 or more.</param>
    /// <param name="cancellationToken">Stops waiting; the pages are not written then.</param>
    /// <exception cref="IOException">
    /// The log could not be made durable: the pages are not written, and stay dirty.
    /// </exception>
    /// <exception cref="NotSupportedException">The log overrides neither form.</exception>
    public virtual ValueTask FlushToAsync(long sequence, CancellationToken cancellationToken)
    {
        DefaultFormGuard.ThrowIfAsked(this, nameof(FlushTo));
        cancellationToken.ThrowIfCancellationRequested();
        FlushTo(sequence);
        return ValueTask.CompletedTask;
    }
}
