using Concord.Scheduling;

namespace Concord;

// Flushes that drop nothing.
public abstract partial class FileOperations
{
    /// <summary>Writes the whole file back and makes it durable; drops nothing. Blocks.</summary>
    /// <returns>
    /// What was done. A page under a writable lease was written, and is left: its holder can still change it.
    /// </returns>
    /// <inheritdoc cref="FlushAndPurge(CoherencyOptions)" path="/exception"/>
    public CoherencyResult Flush() => FlushAndPurge(Whole, CoherencyOptions.NoPurge);

    /// <summary>Writes a range back and makes it durable; drops nothing. Blocks.</summary>
    /// <param name="range">The bytes; whole pages are treated. An empty range does nothing.</param>
    /// <returns>
    /// What was done. A page under a writable lease was written, and is left: its holder can still change it.
    /// </returns>
    /// <inheritdoc cref="FlushAndPurge(ByteRange, CoherencyOptions)" path="/exception"/>
    public CoherencyResult Flush(ByteRange range) => FlushAndPurge(range, CoherencyOptions.NoPurge);

    /// <summary>Flushes the whole file, as <see cref="Flush()"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops between two runs of pages; what was written stays written.</param>
    /// <returns>
    /// What was done. A page under a writable lease was written, and is left: its holder can still change it.
    /// </returns>
    /// <inheritdoc cref="FlushAndPurgeAsync(ByteRange, CoherencyOptions, CancellationToken)" path="/exception"/>
    public ValueTask<CoherencyResult> FlushAsync(CancellationToken cancellationToken = default) =>
        FlushAndPurgeAsync(Whole, CoherencyOptions.NoPurge, cancellationToken);

    /// <summary>Flushes a range, as <see cref="Flush(ByteRange)"/> does, without blocking the caller.</summary>
    /// <param name="range">The bytes; whole pages are treated. An empty range does nothing.</param>
    /// <param name="cancellationToken">Stops between two runs of pages; what was written stays written.</param>
    /// <returns>
    /// What was done. A page under a writable lease was written, and is left: its holder can still change it.
    /// </returns>
    /// <inheritdoc cref="FlushAndPurgeAsync(ByteRange, CoherencyOptions, CancellationToken)" path="/exception"/>
    public ValueTask<CoherencyResult> FlushAsync(ByteRange range, CancellationToken cancellationToken = default) =>
        FlushAndPurgeAsync(range, CoherencyOptions.NoPurge, cancellationToken);

    /// <summary>Flushes the whole file in either form.</summary>
    internal ValueTask<CoherencyResult> FlushAsync(CallMode mode, CancellationToken cancellationToken) =>
        OperateAsync(Whole, CoherencyOptions.NoPurge, mode, cancellationToken);
}
