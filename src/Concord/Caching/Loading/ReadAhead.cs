using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads in the background what a handle that reads in order will read next: twice as much each time, up to a limit,
/// never past the end. A read at another place ends it.
/// </summary>
/// <remarks>
/// It is told of reads that miss, and of hits that pass <see cref="Mark"/>, so that a hit pays one comparison. No call
/// waits for a load made here, and no such load waits for the file: while another call has the exclusive hold, or waits
/// for it, nothing is read ahead.
/// </remarks>
internal sealed class ReadAhead(FileState file, Evictor evictor)
{
    /// <summary>
    /// The default limit: what a fast disk reads in a few milliseconds, so that the disk does not idle while the
    /// reader, or the thread that asks for more, waits for a processor.
    /// </summary>
    internal const long BytesMaxDefault = 16 << 20;

    /// <summary>
    /// The length of one load: so long that the disk costs more than waking a thread, short enough to wait for, and one
    /// huge page where memory has those.
    /// </summary>
    private const int PieceBytes = 2 << 20;

    private readonly RunLoader _loader = new(file, evictor);

    // _gate owns everything below; _run is read without it.
    private readonly Lock _gate = new();
    private long _reached = -1;
    private long _begun = -1;
    private long _window;
    private volatile int _run;
    private long _mark = long.MaxValue;

    /// <summary>
    /// A read that ends behind this offset calls <see cref="Passed"/> although it missed nothing: more is to be read
    /// ahead.
    /// </summary>
    internal long Mark => Volatile.Read(ref _mark);

    /// <summary>
    /// A read of this handle missed, or ended behind the mark: begins to read ahead if the handle reads in order.
    /// </summary>
    internal void Passed(long offset, int length, CallMode mode)
    {
        long most = file.Cache.MaxReadAheadBytes;
        if (most == 0) return;
        int run;
        ByteRange next;
        lock (_gate)
        {
            // A read in order begins between the end of the last read and the end of what was read ahead.
            long end = offset + length;
            bool isInOrder = offset >= _reached && offset <= _begun;
            _reached = end;

            // Any other read ends the run: loads of it that have not begun to read do nothing.
            if (!isInOrder)
            {
                _begun = end;
                _window = 0;
                _run++;
                Volatile.Write(ref _mark, long.MaxValue);
                return;
            }

            // While more than a step is still ahead, nothing is begun.
            _begun = Math.Max(_begun, end);
            if (_begun - end > _window - StepOf(_window)) return;

            // Double the window, and set the mark where the next step begins.
            _window = Math.Min(_window == 0 ? PageGeometry.ExtentBytes : 2 * _window, most);
            long until = Math.Min(RoundUp(end + _window, PageGeometry.ExtentBytes), file.Sizes.Length);
            Volatile.Write(ref _mark, until == file.Sizes.Length ? long.MaxValue : until - _window + StepOf(_window));
            if (until <= _begun) return;
            next = ByteRange.FromBounds(_begun, until);
            _begun = until;
            run = _run;
        }

        Begin(next, run, mode);
    }

    /// <summary>Begins a load for each piece, so that more than one is in flight.</summary>
    private void Begin(ByteRange range, int run, CallMode mode)
    {
        for (long from = range.Offset, until; from < range.End; from = until)
        {
            until = Math.Min(RoundUp(from + 1, PieceBytes), range.End);
            var piece = ByteRange.FromBounds(from, until);
            try
            {
                bool blocks = mode == CallMode.Blocking || file.BackgroundLocks is not null;
                if (blocks) file.Scheduler.PostBlocking(() => _ = LoadAsync(piece, run, CallMode.Blocking));
                else file.Scheduler.Post(() => _ = LoadAsync(piece, run, mode));
            }
            catch (OutOfMemoryException)
            {
                // The system gives no thread: nothing is read ahead, and the reader loads for itself.
                return;
            }
        }
    }

    /// <summary>Loads a piece, under the locks of the store's owner. If they are not free, nothing is loaded.</summary>
    private async Task LoadAsync(ByteRange piece, int run, CallMode mode)
    {
        if (file.BackgroundLocks is not { } locks)
        {
            await LoadHeldAsync(piece, run, mode).ConfigureAwait(false);
            return;
        }

        if (run != _run || !locks.TryEnterReadAhead()) return;
        try
        {
            await LoadHeldAsync(piece, run, CallMode.Blocking).ConfigureAwait(false);
        }
        finally
        {
            locks.LeaveReadAhead();
        }
    }

    private async Task LoadHeldAsync(ByteRange piece, int run, CallMode mode)
    {
        if (run != _run || !file.TryAcquireShared()) return;
        try
        {
            // The file may have been cut since.
            await _loader.LoadAsync(piece.Intersect(new ByteRange(0, file.Sizes.Length)), mode).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // No call waits for this load. The call that needs the page reads the store again, and gets the error.
            return;
        }
        finally
        {
            file.ReleaseShared();
        }
    }

    /// <summary>
    /// How many bytes are read before more are loaded: whole pieces, so that the number in flight stays the same.
    /// </summary>
    private static long StepOf(long window) => window < 2 * PieceBytes ? window / 2 : PieceBytes;

    private static long RoundUp(long offset, long grain) => (offset + grain - 1) / grain * grain;
}
