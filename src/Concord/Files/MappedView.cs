using Concord.Caching;
using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A range of a cached file as plain memory for native code: an address that stays valid until the view is disposed,
/// while the bytes behind it come and go with the cache.
/// </summary>
/// <remarks>
/// <para>
/// The address is for native code only. Managed code that touched it could stop the process for good: a garbage
/// collection may wait for a thread that waits for a page that managed code must supply. Managed code uses
/// <see cref="Read"/>, <see cref="Write"/> and <see cref="Lease"/>, which go through the cache; unmanaged calls that
/// suppress the transition (<c>SuppressGCTransition</c>) count as managed.
/// </para>
/// <para>
/// A page that cannot be read raises SIGBUS in the thread that touches it, after a line on the standard error stream
/// that names file and offset; <see cref="Prefault()"/> reports the same error as an exception. The store is asked on
/// threads of the cache, with its blocking calls; it must not need a lock that a thread may hold while it touches the
/// view. Where only the user-mode form of fault handling is permitted, a system call on a page that is not mapped fails
/// with EFAULT: prefault what is handed to the system. Direct I/O into or out of a view must hold a lease of its pages.
/// </para>
/// <para>
/// Behind the file's end, also after a cut, a view shows zeros, and what is written there is dropped. A child of fork
/// does not have the view. Members are safe for use by several threads; the caller of Dispose makes sure that no native
/// code touches the view any more.
/// </para>
/// </remarks>
public sealed class MappedView : IDisposable, IAsyncDisposable
{
    private readonly CachedFile _handle;
    private readonly Lock _gate = new();
    private ViewMapping? _mapping;
    private LeasedMemory? _leased;
    private int _uses;
    private Signal? _unused;
    private volatile bool _isClosing;

    // Never disposed: it has no timer, and a call that uses the view may read its token at any time.
    private readonly CancellationTokenSource _stop = new();

    private MappedView(CachedFile handle, ByteRange range, ViewAccess access)
    {
        _handle = handle;
        Range = range;
        Access = access;
    }

    /// <summary>The bytes of the file that the view shows.</summary>
    public ByteRange Range { get; }

    /// <summary>What native code may do there.</summary>
    public ViewAccess Access { get; }

    /// <summary>Where the first byte is.</summary>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public nint Address => _leased is { } leased
        ? leased.Address
        : Mapping.Address + (nint)(Range.Offset - Mapping.Range.Offset);

    /// <summary>How many bytes there are from <see cref="Address"/> on.</summary>
    public nint Length => (nint)Range.Length;

    /// <summary>Whether a call has begun to dispose it.</summary>
    internal bool IsClosing => _isClosing;

    internal bool IsMapped => _mapping is not null || _leased is not null;

    private ViewMapping Mapping => _mapping ?? throw new ObjectDisposedException(nameof(MappedView));

    private FileState State => _handle.State;

    private FileServices Services => _handle.Services;

    /// <summary>Loads and maps every page of the view. Blocks.</summary>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full: the first error there is.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public void Prefault() => Prefault(new ByteRange(0, Range.Length));

    /// <summary>
    /// Loads pages and maps them. They may leave again when the cache needs room, and then a touch loads them again.
    /// Blocks.
    /// </summary>
    /// <param name="part">The bytes, counted from the view's first; what lies beyond the view is left out.</param>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; pages before the one that failed are in.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public void Prefault(ByteRange part)
    {
        ObjectDisposedException.ThrowIf(!IsMapped, this);
        SyncCompletion.Wait(PrefaultAsync(part, CallMode.Blocking, CancellationToken.None));
    }

    /// <summary>Loads and maps every page of the view, without blocking the caller.</summary>
    /// <param name="cancellationToken">Stops the call between two pieces.</param>
    /// <inheritdoc cref="PrefaultAsync(ByteRange, CancellationToken)" path="/exception"/>
    public ValueTask PrefaultAsync(CancellationToken cancellationToken = default) =>
        PrefaultAsync(new ByteRange(0, Range.Length), cancellationToken);

    /// <summary>
    /// Loads pages and maps them, as <see cref="Prefault(ByteRange)"/> does, without blocking the caller.
    /// </summary>
    /// <param name="part">The bytes, counted from the view's first; what lies beyond the view is left out.</param>
    /// <param name="cancellationToken">Stops the call between two pieces.</param>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; pages before the one that failed are in.
    /// </exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public ValueTask PrefaultAsync(ByteRange part, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!IsMapped, this);
        return PrefaultAsync(part, CallMode.Async, cancellationToken);
    }

    /// <summary>Tells the cache how the view will be touched. Does not block.</summary>
    /// <param name="advice">The expected order of touches.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="advice"/> is not defined.</exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public void Advise(ViewAdvice advice)
    {
        ObjectDisposedException.ThrowIf(!IsMapped, this);
        EnumArgument.ThrowIfUndefined(advice);
        if (_mapping is null) return;
        if (advice == ViewAdvice.WillNeed)
        {
            // Loading more than the capacity would only push out what came first.
            Services.MissPath.LoadInBackground(new ByteRange(Range.Offset, Math.Min(
                Range.Length, State.Cache.CapacityPages << PageGeometry.PageShift)), hasExclusiveHold: false);
        }
        else Mapping.Advice = advice;
    }

    /// <summary>Copies bytes out of the file, past the address. Blocks where a page is missing.</summary>
    /// <param name="offset">The first byte, counted from the view's first.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <returns>How many bytes were copied: all, or fewer where the view or the file ends.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies outside the view.</exception>
    /// <exception cref="IOException">The store could not be read, or the cache is full.</exception>
    /// <exception cref="NotSupportedException">
    /// The view is private: pages that it has written are not the file's.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public int Read(long offset, Span<byte> destination)
    {
        CheckAccess(offset);
        return _handle.Read(
            Range.Offset + offset, destination[..(int)Math.Min(destination.Length, Range.Length - offset)]);
    }

    /// <summary>
    /// Copies bytes into the file, past the address; native code sees them at once. Blocks where a page is missing.
    /// </summary>
    /// <param name="offset">The first byte, counted from the view's first.</param>
    /// <param name="source">The bytes; they end within the view.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie within the view.</exception>
    /// <exception cref="IOException">A page could not be read, or the cache is full.</exception>
    /// <exception cref="NotSupportedException">The view is not open for writing into the file.</exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckAccess(offset);
        if (Access != ViewAccess.ReadWrite)
        {
            throw new NotSupportedException("the view is for reading; map it with ViewAccess.ReadWrite");
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, Range.Length - offset, nameof(source));
        _handle.Write(Range.Offset + offset, source);
    }

    /// <summary>
    /// Holds pages of the view in place, for a span, or for I/O of the kernel at the view's addresses. Blocks.
    /// </summary>
    /// <param name="part">The bytes, counted from the view's first; within the view.</param>
    /// <param name="access">What the lease is for.</param>
    /// <returns>The lease; dispose it soon.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The bytes do not lie within the view, or are too many for a lease; or the access is not defined.
    /// </exception>
    /// <exception cref="IOException">The store could not be read, or the cache is full; no page is held.</exception>
    /// <exception cref="NotSupportedException">The view is not open for that.</exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public PageLease Lease(ByteRange part, LeaseAccess access = LeaseAccess.Read)
    {
        CheckAccess(part.Offset);
        EnumArgument.ThrowIfUndefined(access);
        if (access != LeaseAccess.Read && Access != ViewAccess.ReadWrite)
        {
            throw new NotSupportedException("the view is for reading; map it with ViewAccess.ReadWrite");
        }
        if (part.End > Range.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(part), part, $"a lease lies within the view's {Range.Length} bytes");
        }
        var range = new ByteRange(Range.Offset + part.Offset, part.Length);
        var lease = _handle.Lease(range, access);

        // Map the pages: the system pins pages of a writable view only where they are mapped.
        if (_mapping is { } mapping) Services.Views.MapPresent(mapping, range.RoundOut(PageGeometry.PageBytes));
        return lease;
    }

    /// <summary>
    /// Ends the view. What was written is in the cache, and goes to the store as other writes do. If the view's handle
    /// was the file's last one, the file is written back and closed; if that fails it goes to
    /// <see cref="FileCache.FailedFiles"/>. Blocks. Idempotent.
    /// </summary>
    /// <exception cref="IOException">
    /// The system refused to take the view away, or a call that uses the view waits for the store, which does not
    /// answer; the view stays, and disposing it again tries again.
    /// </exception>
    public void Dispose() => SyncCompletion.Wait(DisposeAsync(CallMode.Blocking));

    /// <inheritdoc/>
    /// <remarks>As <see cref="Dispose"/>, without blocking the caller.</remarks>
    public ValueTask DisposeAsync() => DisposeAsync(CallMode.Async);

    private async ValueTask DisposeAsync(CallMode mode)
    {
        if (BeginToClose() is { } unused) await State.StoreWait.WaitAsync(unused, mode).ConfigureAwait(false);
        if (Unmap()) await CloseHandleAsync(_handle, mode).ConfigureAwait(false);
    }

    /// <summary>Lets no further call use the pages, and stops those that do.</summary>
    /// <returns>Set when the last such call has ended; null if there is none.</returns>
    private Signal? BeginToClose()
    {
        lock (_gate)
        {
            _isClosing = true;
            if (_uses == 0) return null;
            _unused ??= new Signal();
        }

        _stop.Cancel();
        return _unused;
    }

    private ViewMapping? BeginUse()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosing || !IsMapped, this);
            _uses++;
            return _mapping;
        }
    }

    private void EndUse()
    {
        lock (_gate)
        {
            if (--_uses == 0) _unused?.Set(State.Scheduler);
        }
    }

    /// <returns>False if the view was unmapped before.</returns>
    private bool Unmap()
    {
        lock (_gate)
        {
            if (!IsMapped) return false;
            if (_mapping is { } mapping)
            {
                ForeignRanges.Shared.Remove(mapping.Address);
                Services.Views.Unmap(mapping);
            }

            _leased?.Dispose();
            _mapping = null;
            _leased = null;
            return true;
        }
    }

    internal static CachedFile OpenHandle(FileServices services, bool canWrite, WriteReach reach)
    {
        var terms = HandleTerms.OfView(canWrite, writesThrough: reach == WriteReach.Durable);
        var (state, handle) = (services.State, new CachedFile(services, terms));
        return state.TryAddHandle(handle)
            ? handle
            : throw new ObjectDisposedException(state.Store.Traits.Name);
    }

    /// <summary>Closes a view's handle; the file is written back only if it is the last one.</summary>
    internal static ValueTask CloseHandleAsync(CachedFile handle, CallMode mode) => handle.AbandonAsync(mode);

    internal static async ValueTask<MappedView> MapAsync(
        CachedFile handle, ByteRange range, ViewAccess access, CallMode mode)
    {
        var view = new MappedView(handle, range, access);
        var mapping = await handle.Services.Views.MapAsync(
            range.RoundOut(PageGeometry.PageBytes), access, mode).ConfigureAwait(false);
        ForeignRanges.Shared.Add(mapping.Address, (nuint)mapping.Range.Length, new ViewBuffer(
            handle.State, handle.Services.Cache.Evictor, handle.Services.Paging, handle.Services.Views, mapping));
        view._mapping = mapping;
        handle.View = view;
        return view;
    }

    internal static async ValueTask<MappedView> LeaseAsync(
        CachedFile handle, ByteRange range, bool hasExclusiveHold, CallMode mode, CancellationToken cancellationToken)
    {
        var view = new MappedView(handle, range, ViewAccess.LeasedRead)
        {
            _leased = await LeasedMemory.TakeAsync(handle.State, handle.Services.Leasing, range, hasExclusiveHold, mode,
                cancellationToken).ConfigureAwait(false),
        };
        handle.View = view;
        return view;
    }

    private async ValueTask PrefaultAsync(ByteRange part, CallMode mode, CancellationToken cancellationToken)
    {
        var inside = new ByteRange(0, Range.Length).Intersect(part);
        if (inside.IsEmpty) return;
        var wanted = new ByteRange(Range.Offset + inside.Offset, inside.Length);

        // Pages are loaded without the file's hold: the view's handle keeps the file open meanwhile.
        var mapping = BeginUse();
        try
        {
            if (mapping is null) return;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            await Services.Views.PrefaultAsync(mapping, wanted, mode, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_isClosing && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(MappedView));
        }
        finally
        {
            EndUse();
        }
    }

    private void CheckAccess(long offset)
    {
        ObjectDisposedException.ThrowIf(!IsMapped, this);
        if (Access == ViewAccess.CopyOnWrite)
        {
            throw new NotSupportedException(
                "pages that a private view has written are not the file's; use its address from native code");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Range.Length);
    }
}
