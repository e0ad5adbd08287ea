namespace Concord;

/// <summary>A file whose cached copies can be written back and dropped by one coherent call.</summary>
/// <remarks>
/// <para>
/// When the operation returns, every write completed before the call is in the store, and every copy that the
/// implementation knows has been dropped, or the result names the pages that stayed. Pages outside the range are not
/// dropped. Contents never change.
/// </para>
/// <para>NT: CcCoherencyFlushAndPurgeCache. There is no form that purges without flushing.</para>
/// </remarks>
public interface ICoherentFile
{
    /// <summary>Writes the whole file back, makes it durable, and drops every copy of it. Blocks.</summary>
    /// <param name="options">What to leave out.</param>
    /// <returns>What was done, and what stayed.</returns>
    /// <exception cref="WriteBackException">A write failed; what failed is still in the cache, dirty.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    CoherencyResult FlushAndPurge(CoherencyOptions options = CoherencyOptions.None);

    /// <summary>Writes a range back, makes it durable, and drops every copy of it. Blocks.</summary>
    /// <param name="range">
    /// The bytes; whole pages are treated. An empty range does nothing; the part beyond the end of the file is
    /// ignored.
    /// </param>
    /// <param name="options">What to leave out.</param>
    /// <returns>What was done, and what stayed.</returns>
    /// <exception cref="WriteBackException">A write failed; what failed is still in the cache, dirty.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    CoherencyResult FlushAndPurge(ByteRange range, CoherencyOptions options = CoherencyOptions.None);

    /// <summary>The same operation on the whole file, without blocking the caller.</summary>
    /// <param name="options">What to leave out.</param>
    /// <param name="cancellationToken">
    /// Stops the operation between two runs of pages: what was written stays written, and nothing unwritten is
    /// dropped.
    /// </param>
    /// <returns>What was done, and what stayed.</returns>
    /// <exception cref="WriteBackException">A write failed; what failed is still in the cache, dirty.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    ValueTask<CoherencyResult> FlushAndPurgeAsync(
        CoherencyOptions options = CoherencyOptions.None, CancellationToken cancellationToken = default);

    /// <summary>The same operation on a range, without blocking the caller.</summary>
    /// <param name="range">The bytes, as in <see cref="FlushAndPurge(ByteRange, CoherencyOptions)"/>.</param>
    /// <param name="options">What to leave out.</param>
    /// <param name="cancellationToken">
    /// Stops the operation between two runs of pages: what was written stays written, and nothing unwritten is
    /// dropped.
    /// </param>
    /// <returns>What was done, and what stayed.</returns>
    /// <exception cref="WriteBackException">A write failed; what failed is still in the cache, dirty.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    ValueTask<CoherencyResult> FlushAndPurgeAsync(
        ByteRange range,
        CoherencyOptions options = CoherencyOptions.None,
        CancellationToken cancellationToken = default);
}
