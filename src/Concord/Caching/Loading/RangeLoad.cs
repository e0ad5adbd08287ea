using System.Runtime.ExceptionServices;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads a long range for one call, which goes through the range in order, piece by piece, and says where it is. The
/// range is cut into requests as long as the store likes, and several of them are in flight: one that the call makes
/// itself when it comes to a page that no request has reached, and those of helpers behind it.
/// </summary>
/// <remarks>
/// <para>
/// It only helps. What it has not loaded, because there was no room or the file was wanted exclusively, the call loads
/// for itself. If a helper's request within one extent fails, the call gets its error when it comes to those pages. If
/// one over several extents fails, that tells nothing of any one of them: the call goes on extent by extent, and gets
/// the error of the part that has one.
/// A helper waits for no other call, and the call waits for no helper that has not begun.
/// </para>
/// <para>
/// Each request takes the file's shared hold, as read-ahead does, so that a helper may outlast the call. Under the
/// caller's exclusive hold requests take none, and the call waits for its helpers before it returns.
/// </para>
/// </remarks>
internal sealed class RangeLoad
{
    private readonly FileState _file;
    private readonly RunLoader _runs;
    private readonly long _end;
    private readonly int _requestBytes;
    private readonly bool _hasExclusiveHold;
    private readonly CallMode _mode;
    private readonly CancellationToken _cancellationToken;

    // _gate owns everything below. Nothing is taken inside.
    private readonly Lock _gate = new();
    private long _position;
    private long _next;
    private int _called;
    private int _helping;
    private bool _isOver;
    private (ByteRange Range, ExceptionDispatchInfo Error)? _failure;
    private ExceptionDispatchInfo? _broken;
    private Signal? _lastLeft;

    private RangeLoad(
        FileState file, Evictor evictor, ByteRange range, int requestBytes, bool hasExclusiveHold, CallMode mode,
        CancellationToken cancellationToken)
    {
        _file = file;
        _runs = new RunLoader(file, evictor);
        (_next, _end) = (range.Offset, range.End);
        _requestBytes = requestBytes;
        _hasExclusiveHold = hasExclusiveHold;
        _mode = mode;
        _cancellationToken = cancellationToken;
        file.Cache.AddRangeLoad(1);
    }

    /// <summary>
    /// Begins to load a range; null if it is one piece, which the caller loads, or memory is too short. Ended by
    /// <see cref="EndAsync"/>.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="evictor">What makes room.</param>
    /// <param name="range">The bytes that the call goes through.</param>
    /// <param name="hasExclusiveHold">Whether the caller has the exclusive hold until the load has ended.</param>
    /// <param name="mode">How the call waits.</param>
    /// <param name="cancellationToken">Stops the requests.</param>
    internal static RangeLoad? BeginOrNull(
        FileState file, Evictor evictor, ByteRange range, bool hasExclusiveHold, CallMode mode,
        CancellationToken cancellationToken)
    {
        if (range.IsEmpty) return null;
        var whole = range.RoundOut(PageGeometry.PageBytes);
        long piece = (long)file.Cache.PiecePagesMax << PageGeometry.PageShift;
        if (whole.Length <= piece && PageGeometry.ExtentOf(whole.Offset) == PageGeometry.ExtentOf(whole.End - 1))
        {
            return null;
        }

        // Every request has room for a piece: with less, pages would be claimed in smaller parts than without it.
        long window = file.Cache.RangeLoadBytesMax;
        long most = (window / 2) & -(long)PageGeometry.PageBytes;
        if (most < piece) return null;

        // As many requests as the store takes, each as long as it likes or longer.
        var traits = file.Store.Traits;
        long each = Math.Min(whole.Length, window) / traits.MaxConcurrentRequests;
        each = Math.Clamp(each, traits.BestRequestBytes, traits.MaxRequestBytes);
        each = Math.Max(Math.Min(each, most) & -(long)PageGeometry.PageBytes, PageGeometry.PageBytes);
        return new RangeLoad(file, evictor, whole, (int)each, hasExclusiveHold, mode, cancellationToken);
    }

    /// <summary>
    /// The call has come to an offset. Loads what is absent there with one request, and has helpers load what follows.
    /// </summary>
    /// <exception cref="IOException">The store could not be read at the offset; nothing became resident.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal ValueTask AdvanceAsync(long offset)
    {
        ByteRange? own = null;
        int helpers;
        lock (_gate)
        {
            _broken?.Throw();
            _position = offset & -(long)PageGeometry.PageBytes;
            ThrowFailureLocked();
            if (_isOver) return ValueTask.CompletedTask;
            if (_position >= _next)
            {
                _next = _position;
                own = TakeLocked();
            }

            helpers = HelpersToCallLocked();
            _called += helpers;
        }

        while (helpers-- > 0) Call();
        return own is { } piece ? LoadOwnAsync(piece) : ValueTask.CompletedTask;
    }

    /// <summary>Begins no further request. With the exclusive hold, waits for those in flight.</summary>
    internal ValueTask EndAsync()
    {
        lock (_gate)
        {
            _isOver = true;
            if (_hasExclusiveHold && _helping > 0) _lastLeft = new Signal();
        }

        _file.Cache.AddRangeLoad(-1);

        // Without a limit: the helpers make this call's own requests, for which it waits itself as well.
        return _lastLeft?.WaitAsync(_mode) ?? ValueTask.CompletedTask;
    }

    /// <summary>
    /// Throws the error of a helper whose pages are the next ones, unless somebody has loaded them since or is
    /// loading them.
    /// </summary>
    private void ThrowFailureLocked()
    {
        if (_failure is not { } failure) return;
        long piece = (long)_file.Cache.PiecePagesMax << PageGeometry.PageShift;
        long extentEnd = PageGeometry.StartOf(PageGeometry.ExtentOf(_position) + 1);
        var next = failure.Range.Intersect(ByteRange.FromBounds(_position, Math.Min(_position + piece, extentEnd)));
        if (!next.IsEmpty && !IsThere(next.Offset)) failure.Error.Throw();
    }

    private bool IsThere(long offset)
    {
        long index = PageGeometry.ExtentOf(offset);
        ulong page = PageGeometry.PagesOf(index, new ByteRange(offset, 1));
        if (_file.Extents.Find(index) is not { } extent) return false;
        lock (extent) return ((extent.Resident | extent.Claimed) & page) != PageMask.None;
    }

    private static bool IsInOneExtent(ByteRange piece) =>
        PageGeometry.ExtentOf(piece.Offset) == PageGeometry.ExtentOf(piece.End - 1);

    /// <summary>The next request, within what may be in memory ahead of the call; null where there is none.</summary>
    private ByteRange? TakeLocked()
    {
        long ahead = Math.Max(_file.Cache.RangeLoadBytesMax, _requestBytes);
        if (_isOver || _next >= _end || _next >= _position + ahead) return null;
        long until = Math.Min(_next + _requestBytes, _end);

        // End with an extent, so that no two requests share one, and leave no request that is not worth its cost.
        if (until < _end && (until & -(long)PageGeometry.ExtentBytes) > _next)
        {
            until &= -(long)PageGeometry.ExtentBytes;
        }

        var traits = _file.Store.Traits;
        bool isShort = _end - until < Math.Min(traits.BestRequestBytes, _requestBytes) / 2;
        if (isShort && _end - _next <= traits.MaxRequestBytes) until = _end;

        var piece = ByteRange.FromBounds(_next, until);
        _next = until;
        return piece;
    }

    /// <summary>
    /// How many helpers there is work for. There are none where the caller's own thread must make the calls, and for a
    /// store in memory, which answers sooner than a helper.
    /// </summary>
    private int HelpersToCallLocked()
    {
        var store = _file.Store;
        if (store.KeepsThread || store.Traits.IsImmediate || _file.BackgroundLocks is not null) return 0;
        long ahead = Math.Min(_end, _position + _file.Cache.RangeLoadBytesMax) - _next;
        long requests = (ahead + _requestBytes - 1) / _requestBytes;
        long wanted = Math.Min(requests, _file.Requests.Most - 1) - _called - _helping;
        return (int)Math.Clamp(Math.Min(wanted, _file.Requests.Free), 0, int.MaxValue);
    }

    private void Call()
    {
        try
        {
            // A call of the store that keeps its thread is made by a thread of the library's own.
            if (_mode == CallMode.Blocking || _file.Store.ReadsOnThread)
            {
                _file.Scheduler.PostBlocking(() => _ = HelpAsync(CallMode.Blocking));
            }
            else
            {
                _file.Scheduler.Post(() => _ = HelpAsync(CallMode.Async));
            }
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread: the call loads for itself.
            lock (_gate) _called--;
        }
    }

    private async Task HelpAsync(CallMode mode)
    {
        lock (_gate)
        {
            _called--;
            if (_isOver) return;
            _helping++;
        }

        try
        {
            await WorkAsync(mode).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The call loads the rest for itself, and gets the error where it lasts. Any other error it gets at once.
            lock (_gate)
            {
                _isOver = true;
                if (error is not (IOException or OperationCanceledException))
                {
                    _broken ??= ExceptionDispatchInfo.Capture(error);
                }
            }
        }

        Signal? lastLeft = null;
        lock (_gate)
        {
            if (--_helping == 0) lastLeft = _lastLeft;
        }

        lastLeft?.Set(_file.Scheduler);
    }

    /// <summary>Makes one request after the other, until none is left or one could not be made.</summary>
    private async ValueTask WorkAsync(CallMode mode)
    {
        for (bool goesOn = true; goesOn && _file.Requests.TryBegin();)
        {
            ByteRange? piece = null;
            try
            {
                lock (_gate) piece = TakeLocked();
                goesOn = piece is { } taken && await TryLoadAsync(taken, mode).ConfigureAwait(false);
            }
            catch (IOException error) when (IsInOneExtent(piece!.Value))
            {
                lock (_gate)
                {
                    _isOver = true;
                    if (_failure is { } other && other.Range.Offset < piece.Value.Offset) return;
                    _failure = (piece.Value, ExceptionDispatchInfo.Capture(error));
                    return;
                }
            }
            finally
            {
                _file.Requests.End();
            }
        }
    }

    private async ValueTask LoadOwnAsync(ByteRange piece)
    {
        _file.Requests.Begin();
        try
        {
            await TryLoadAsync(piece, _mode).ConfigureAwait(false);
        }
        catch (IOException) when (!IsInOneExtent(piece))
        {
            // Some part of several has failed: go on extent by extent.
            lock (_gate) _isOver = true;
        }
        finally
        {
            _file.Requests.End();
        }
    }

    /// <returns>False if the file is held, or there is no room: then the call loads these pages for itself.</returns>
    private async ValueTask<bool> TryLoadAsync(ByteRange piece, CallMode mode)
    {
        if (!_hasExclusiveHold && !_file.TryAcquireShared()) return false;
        try
        {
            // The file may have been cut since.
            return await _runs.TryLoadAsync(
                piece.Intersect(new ByteRange(0, _file.Sizes.Length)), stages: true, mode, _cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            if (!_hasExclusiveHold) _file.ReleaseShared();
        }
    }
}
