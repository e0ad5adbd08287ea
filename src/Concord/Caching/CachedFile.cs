using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>A file in a cache: one handle of it. All handles of one store see one state.</summary>
public sealed class CachedFile : FileOperations, IDisposable
{
    private volatile bool _isClosed;

    internal CachedFile(CacheMap map, bool canWrite)
        : base(map) => CanWrite = canWrite;

    /// <inheritdoc/>
    public override bool CanWrite { get; }

    /// <summary>The view that has this handle, once it is mapped; null for a caller's own.</summary>
    internal MappedView? View { get; set; }

    private protected override bool HoldsFile => false;

    private protected override object Listener => this;

    /// <summary>
    /// Takes the file for the caller alone: no other operation runs until the hold is disposed. Blocks until the
    /// operations under way have ended.
    /// </summary>
    /// <returns>The hold, which carries every operation of the file.</returns>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ExclusiveHold AcquireExclusive()
    {
        ThrowIfClosed();
        Blocking.Wait(Map.AcquireExclusiveAsync(CallMode.Blocking, CancellationToken.None));
        return new ExclusiveHold(Map, this);
    }

    /// <summary>Takes the file for the caller alone, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops waiting; the hold is not taken then.</param>
    /// <returns>The hold, which carries every operation of the file.</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public async ValueTask<ExclusiveHold> AcquireExclusiveAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        await Map.AcquireExclusiveAsync(CallMode.Async, cancellationToken).ConfigureAwait(false);
        return new ExclusiveHold(Map, this);
    }

    /// <summary>
    /// Writes everything back and makes it durable, then closes this handle; with the last one the file leaves the
    /// cache. Blocks.
    /// </summary>
    /// <exception cref="WriteBackException">A write failed; the handle stays open, and nothing is lost.</exception>
    /// <exception cref="InvalidOperationException">A lease holds pages; the handle stays open. Dispose the lease first.</exception>
    public void Close() => Blocking.Wait(CloseAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Writes back and closes, as <see cref="Close"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; the handle stays open.</param>
    /// <exception cref="WriteBackException">A write failed; the handle stays open, and nothing is lost.</exception>
    /// <exception cref="InvalidOperationException">A lease holds pages; the handle stays open. Dispose the lease first.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; the handle stays open.</exception>
    public ValueTask CloseAsync(CancellationToken cancellationToken = default) => CloseAsync(CallMode.Async, cancellationToken);

    /// <summary>
    /// <see cref="Close"/> that never throws: a file that cannot be written back, or that a lease holds, goes to
    /// <see cref="FileCache.FailedFiles"/>, with all its pages.
    /// </summary>
    public void Dispose()
    {
        try
        {
            CloseToldOrNot();
        }
        catch (Exception error) when (error is IOException or InvalidOperationException)
        {
            _isClosed = true;
            Map.Core.Fail(new FailedFile(this, error));
        }
    }

    /// <summary>An error of which this handle had not heard, of bytes that are in the store by now, is no reason to keep them.</summary>
    private void CloseToldOrNot()
    {
        try
        {
            Close();
        }
        catch (WriteBackException error) when (error.Result.IsComplete)
        {
            Close();
        }
    }

    internal void Forgive(FailedFile failed) => Map.Core.Forgive(failed);

    internal async ValueTask CloseAsync(CallMode mode, CancellationToken cancellationToken, bool isRetry = false)
    {
        if (_isClosed && !isRetry) return;
        if (!await Map.TryAcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false)) return;
        try
        {
            // Somebody closed it while this call waited.
            if (_isClosed && !isRetry) return;
            if (View is { IsMapped: true })
            {
                throw new InvalidOperationException($"{Name} cannot be closed: a view of {View.Range} is mapped; dispose it first");
            }

            bool isLast = Map.IsLast(this);
            var options = isLast ? CoherencyOptions.None : CoherencyOptions.NoPurge;
            var result = await Map.Operation
                .RunAsync(this, new ByteRange(0, long.MaxValue), options, mode, cancellationToken).ConfigureAwait(false);
            if (isLast && !result.IsComplete)
            {
                throw new InvalidOperationException($"{Name} cannot be closed: {result.Left.Count} ranges are held, the first by a {result.Left[0].Reason}");
            }

            _isClosed = true;
            Map.RemoveHandle(this);
        }
        finally
        {
            Map.ReleaseExclusive();
        }
    }

    internal void Discard()
    {
        if (View is { IsMapped: true }) throw new InvalidOperationException($"{Name} has a view of {View.Range}; dispose it first");
        Blocking.Wait(Map.AcquireExclusiveAsync(CallMode.Blocking, CancellationToken.None));
        try
        {
            Blocking.Result(Map.SizeChanges.DiscardAsync(
                new ByteRange(0, long.MaxValue), waitForLeases: true, CallMode.Blocking, CancellationToken.None));
            _isClosed = true;
            Map.RemoveHandle(this);
        }
        finally
        {
            Map.ReleaseExclusive();
        }
    }

    private protected override ValueTask HoldAsync(CallMode mode, CancellationToken cancellationToken) =>
        Map.AcquireExclusiveAsync(mode, cancellationToken);

    private protected override void Unhold() => Map.ReleaseExclusive();

    private protected override void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
