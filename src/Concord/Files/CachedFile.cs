using System.Runtime.ExceptionServices;
using Concord.Caching;
using Concord.Interop;
using Concord.Scheduling;

namespace Concord;

/// <summary>A file in a cache: one handle of it. All handles of one store see one state.</summary>
public sealed partial class CachedFile : FileOperations, IDisposable, IAsyncDisposable
{
    /// <summary>How often a file is flushed again for the last close, when sharers write it meanwhile.</summary>
    private const int CloseRoundsMax = 3;

    private readonly HandleTerms _terms;
    private volatile bool _isClosed;

    /// <param name="services">The file.</param>
    /// <param name="terms">What the handle is for.</param>
    internal CachedFile(FileServices services, HandleTerms terms)
        : base(services, ReachOf(services.State, terms), terms.CanRead, terms.CanWrite)
    {
        _terms = terms;
        if ((terms.Options & FileOptions.RandomAccess) == 0) Ahead = services.NewReadAhead();
    }

    /// <inheritdoc/>
    public override bool CanRead => _terms.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => _terms.CanWrite;

    /// <summary>Whether the handle was opened so that no other handle may be open with it.</summary>
    internal bool IsAlone => _terms.Sharing.IsAlone;

    internal override bool IsClosed => _isClosed;

    /// <summary>The view that this handle belongs to, once it is mapped; null for a caller's handle.</summary>
    internal MappedView? View { get; set; }

    private protected override object Listener => this;

    private static WriteReach ReachOf(FileState state, HandleTerms terms) =>
        terms.WritesThrough ? WriteReach.Durable
        : state.Cache.WriteMode == WriteMode.HandOver ? WriteReach.Store
        : WriteReach.Memory;

    /// <summary>
    /// Takes the file's exclusive hold: no other operation runs until the hold is disposed. Blocks until the operations
    /// under way have ended.
    /// </summary>
    /// <returns>The hold, which carries every operation of the file.</returns>
    /// <exception cref="InvalidOperationException">A call of the file's own store or log asks for it.</exception>
    /// <exception cref="IOException">A call of the file's store does not answer; the hold is not taken.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ExclusiveHold AcquireExclusive()
    {
        ThrowIfClosed();
        SyncCompletion.Wait(State.AcquireExclusiveAsync(CallMode.Blocking, CancellationToken.None));
        return new ExclusiveHold(Services, this);
    }

    /// <summary>Takes the file's exclusive hold, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops waiting; the hold is not taken then.</param>
    /// <returns>The hold, which carries every operation of the file.</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="InvalidOperationException">A call of the file's own store or log asks for it.</exception>
    /// <exception cref="IOException">A call of the file's store does not answer; the hold is not taken.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public ValueTask<ExclusiveHold> AcquireExclusiveAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return AcquireAsync();

        async ValueTask<ExclusiveHold> AcquireAsync()
        {
            await State.AcquireExclusiveAsync(CallMode.Async, cancellationToken).ConfigureAwait(false);
            return new ExclusiveHold(Services, this);
        }
    }

    /// <summary>
    /// Writes everything back and makes it durable, then closes this handle; with the last one the file leaves the
    /// cache. Blocks.
    /// </summary>
    /// <exception cref="WriteBackException">A write failed; the handle stays open, and nothing is lost.</exception>
    /// <exception cref="IOException">
    /// The file is closed and durable, and a store threw when it was closed with it.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A lease holds pages, or a failed file (<see cref="FileCache.FailedFiles"/>) has to be written through this one;
    /// the handle stays open. Dispose the lease, or close the failed file, first.
    /// </exception>
    public void Close() => SyncCompletion.Wait(CloseAsync(CallMode.Blocking, CancellationToken.None));

    /// <summary>Writes back and closes, as <see cref="Close"/> does, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call; the handle stays open.</param>
    /// <exception cref="WriteBackException">A write failed; the handle stays open, and nothing is lost.</exception>
    /// <exception cref="IOException">
    /// The file is closed and durable, and a store threw when it was closed with it.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A lease holds pages, or a failed file (<see cref="FileCache.FailedFiles"/>) has to be written through this one;
    /// the handle stays open. Dispose the lease, or close the failed file, first.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; the handle stays open.</exception>
    public ValueTask CloseAsync(CancellationToken cancellationToken = default) =>
        CloseAsync(CallMode.Async, cancellationToken);

    /// <summary>
    /// <see cref="Close"/> that never throws: a file that cannot be written back, or that a lease holds, goes to
    /// <see cref="FileCache.FailedFiles"/>, with all its pages. A handle through which a failed file has yet to be
    /// written stays open until that file is closed. Blocks.
    /// </summary>
    public void Dispose() => SyncCompletion.Wait(DisposeAsync(CallMode.Blocking));

    /// <inheritdoc/>
    /// <remarks>As <see cref="Dispose"/>, without blocking the caller.</remarks>
    public ValueTask DisposeAsync() => DisposeAsync(CallMode.Async);

    internal async ValueTask DisposeAsync(CallMode mode) => _ = await CloseOrKeepAsync(mode).ConfigureAwait(false);

    /// <summary>Cuts the file to length 0, for an opening that asks for it.</summary>
    internal async ValueTask CutToNothingAsync(CallMode mode, CancellationToken cancellationToken)
    {
        await HoldExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            await Services.SizeChanges.CutToNothingAsync(mode, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ReleaseExclusive();
        }
    }

    /// <summary>Closes a handle that no caller got: it need not be flushed while other handles are open.</summary>
    internal ValueTask AbandonAsync(CallMode mode)
    {
        if (!State.TryRemoveBesideOthers(this)) return DisposeAsync(mode);
        MarkClosed();
        return ValueTask.CompletedTask;
    }

    internal override async ValueTask EndAsync(CallMode mode)
    {
        if (await CloseOrKeepAsync(mode).ConfigureAwait(false) is { } error) ExceptionDispatchInfo.Throw(error);
    }

    /// <summary>
    /// Closes; or adds the file to the failed ones, and returns the error. A handle that a file above needs stays open.
    /// </summary>
    internal async ValueTask<Exception?> CloseOrKeepAsync(CallMode mode)
    {
        if (_isKept && FailedFile is { } failed)
        {
            return await failed.TryRetryAsync(keepsOpen: false, mode, CancellationToken.None).ConfigureAwait(false);
        }

        if (IsNeeded) return await KeepAsync(mode).ConfigureAwait(false);
        try
        {
            await CloseToldOrNotAsync(mode).ConfigureAwait(false);
            return null;
        }
        catch (StoreNotClosedException error)
        {
            // The file has left the cache.
            return error;
        }
        catch (Exception error)
        {
            MarkFailed();
            State.Cache.AddFailedFile(new FailedFile(this, error));
            return error;
        }
    }

    /// <summary>
    /// Closes. Tries again after an error of the background that was not reported to this handle yet, if the bytes are
    /// in the store by now: that is no reason to keep the file.
    /// </summary>
    internal async ValueTask CloseToldOrNotAsync(
        CallMode mode, CancellationToken cancellationToken = default, bool isRetry = false)
    {
        try
        {
            await CloseAsync(mode, cancellationToken, isRetry).ConfigureAwait(false);
        }
        catch (WriteBackException error) when (error.Result.IsComplete)
        {
            await CloseAsync(mode, cancellationToken, isRetry).ConfigureAwait(false);
        }
    }

    internal void Forgive(FailedFile failed) => State.Cache.RemoveFailedFile(failed);

    /// <summary>
    /// Removes a handle that could not be closed, if other handles are open and the file is written and durable by now.
    /// One that is kept open for a file above stays.
    /// </summary>
    internal bool TryHeal() => View is not { IsMapped: true } && State.Pending.IsZero && State.Ledger.OwesNothing
        && (!_isClosed || State.TryRemoveBesideOthers(this));

    internal async ValueTask CloseAsync(CallMode mode, CancellationToken cancellationToken, bool isRetry = false)
    {
        if (_isClosed && !isRetry) return;
        if (!await State.TryAcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false)) return;
        Exception? ofStore;
        try
        {
            // Another thread closed it while this call waited.
            if (_isClosed && !isRetry) return;
            if (View is { IsMapped: true })
            {
                throw new InvalidOperationException(
                    $"{Label} cannot be closed: a view of {View.Range} is mapped; dispose it first");
            }

            if (!isRetry && IsNeeded)
            {
                // A handle that was disposed before, and is kept open, closes when nobody needs it any more.
                await FlushWholeAsync(CoherencyOptions.NoPurge, mode, cancellationToken).ConfigureAwait(false);
                if (_isKept) return;
                throw new InvalidOperationException(
                    $"{Label} cannot be closed: a failed file has yet to be written through it; close that one first");
            }

            // While other handles are open: flush, and remove this one.
            if (!State.IsLast(this))
            {
                await FlushWholeAsync(CoherencyOptions.NoPurge, mode, cancellationToken).ConfigureAwait(false);
                if (State.TryRemoveBesideOthers(this, out ofStore))
                {
                    MarkClosed();
                    ThrowIfNotClosed(ofStore);
                    return;
                }

                // The last other handle, a view's, was removed meanwhile without the hold: this one is the last.
            }

            // The last handle: purge everything, and take the file out of the cache.
            await PurgeToLeaveAsync(mode, cancellationToken).ConfigureAwait(false);
            MarkClosed();
            ofStore = Services.RemoveHandle(this);
        }
        finally
        {
            State.CloseGate.Open();
            State.ReleaseExclusive();
        }

        ThrowIfNotClosed(ofStore);
    }

    /// <exception cref="StoreNotClosedException">A store threw when it was closed with the file.</exception>
    private void ThrowIfNotClosed(Exception? error)
    {
        if (error is null) return;
        throw new StoreNotClosedException(
            $"{Label} is closed, and all its bytes are durable; its store could not be closed: {ShownText.Of(error)}",
            error);
    }

    /// <summary>Writes back and drops every page, and keeps paging I/O out from then on.</summary>
    private async ValueTask PurgeToLeaveAsync(CallMode mode, CancellationToken cancellationToken)
    {
        for (int round = 1; ; round++)
        {
            var result = await FlushWholeAsync(
                CoherencyOptions.None, mode, cancellationToken, isLast: true).ConfigureAwait(false);
            if (!result.IsComplete)
            {
                string held = result.Left.Count == 1
                    ? "1 range is held, by" : $"{result.Left.Count} ranges are held, the first by";
                throw new InvalidOperationException($"{Label} cannot be closed: {held} a {result.Left[0].Reason}");
            }

            if (await State.CloseGate.CloseAsync(discards: false, mode).ConfigureAwait(false)) return;
            State.CloseGate.Open();
            if (round == CloseRoundsMax)
                throw new InvalidOperationException(
                    $"{Label} cannot be closed: it is written again and again by who shares it");
        }
    }

    private ValueTask<CoherencyResult> FlushWholeAsync(CoherencyOptions options, CallMode mode,
        CancellationToken cancellationToken, bool isLast = false) => Services.Operation.RunAsync(
            this, new ByteRange(0, long.MaxValue), options, mode, cancellationToken, isLast: isLast);

    /// <summary>
    /// Gives up what could not be written, and closes. While other handles are open, the pages stay.
    /// </summary>
    internal async ValueTask DiscardAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (View is { IsMapped: true })
        {
            throw new InvalidOperationException($"{Label} has a view of {View.Range}; dispose it first");
        }

        if (!await State.TryAcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false)) return;
        try
        {
            // While other handles are open, only this one goes; and none goes that a file above needs.
            bool stays = IsNeeded;
            if (!stays && State.TryRemoveBesideOthers(this))
            {
                MarkClosed();
                return;
            }

            if (State.IsLast(this))
            {
                // The last handle: drop every page, dirty or not, and those that paging I/O loads meanwhile.
                var whole = new ByteRange(0, long.MaxValue);
                await Services.Discarding
                    .DiscardAsync(whole, waitForLeases: true, mode, cancellationToken).ConfigureAwait(false);
                if (!stays) await State.CloseGate.CloseAsync(discards: true, mode).ConfigureAwait(false);
            }

            if (stays) return;
            MarkClosed();
            Services.RemoveHandle(this);
        }
        finally
        {
            State.CloseGate.Open();
            State.ReleaseExclusive();
        }
    }

    private protected override ValueTask HoldExclusiveAsync(CallMode mode, CancellationToken cancellationToken) =>
        State.AcquireExclusiveAsync(mode, cancellationToken);

    private protected override void ReleaseExclusive() => State.ReleaseExclusive();

    private protected override void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);

    private void MarkClosed()
    {
        _isClosed = true;
        EndAccess();

        // A view's handle may have failed before, and leaves with its view.
        while (FailedFile is { } failed) Forgive(failed);
    }
}
