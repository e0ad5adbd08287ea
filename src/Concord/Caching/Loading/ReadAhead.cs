using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads what a handle that is read in order will read next, in the background: twice as much each time, up to a
/// limit, never past the end. A read elsewhere ends it.
/// </summary>
/// <remarks>
/// It hears of reads that miss, and of hits that have passed <see cref="Mark"/>, so that a hit pays one comparison.
/// Nobody waits for a load made here, and none waits for the file: while somebody has it alone, or waits for it,
/// nothing is read ahead.
/// </remarks>
internal sealed class ReadAhead(FileState file, Evictor evictor)
{
    /// <summary>
    /// The default limit: what a fast disk reads in a few milliseconds, so that it does not idle while the reader, or
    /// the thread that asks for more, is not on a processor.
    /// </summary>
    internal const long BytesMaxDefault = 16 << 20;

    /// <summary>
    /// One load: long enough that the disk and not the thread's wake-up is the price, short enough to wait for, and a
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
    /// A read that ends behind this offset is to be told, although it missed nothing: it is time to read further ahead.
    /// </summary>
    internal long Mark => Volatile.Read(ref _mark);

    /// <summary>
    /// A read of this handle found pages missing, or ended behind the mark: begins what is worth reading ahead.
    /// </summary>
    internal void Passed(long offset, int length, CallMode mode)
    {
        long most = file.Cache.MaxReadAheadBytes;
        if (most == 0) return;
        int run;
        ByteRange next;
        lock (_gate)
        {
            long end = offset + length;
            bool isInOrder = offset >= _reached && offset <= _begun;
            _reached = end;
            if (!isInOrder)
            {
                _begun = end;
                _window = 0;
                _run++;
                Volatile.Write(ref _mark, long.MaxValue);
                return;
            }

            _begun = Math.Max(_begun, end);
            if (_begun - end > _window - StepOf(_window)) return;
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

    /// <summary>Several loads, so that more than one is in flight.</summary>
    private void Begin(ByteRange range, int run, CallMode mode)
    {
        for (long from = range.Offset, until; from < range.End; from = until)
        {
            until = Math.Min(RoundUp(from + 1, PieceBytes), range.End);
            var piece = ByteRange.FromBounds(from, until);
            try
            {
                if (mode == CallMode.Blocking) file.Scheduler.PostBlocking(() => _ = LoadAsync(piece, run, mode));
                else file.Scheduler.Post(() => _ = LoadAsync(piece, run, mode));
            }
            catch (OutOfMemoryException)
            {
                // No thread is to be had: nothing is read ahead, and the reader loads for itself.
                return;
            }
        }
    }

    private async Task LoadAsync(ByteRange piece, int run, CallMode mode)
    {
        if (run != _run || !file.TryAcquireShared()) return;
        try
        {
            // The file may have been cut since.
            await _loader.LoadAsync(piece.Intersect(new ByteRange(0, file.Sizes.Length)), mode).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Nobody waits for this load. Whoever needs the page asks the store again, and is told then.
            return;
        }
        finally
        {
            file.ReleaseShared();
        }
    }

    /// <summary>
    /// So much has to be used before more is begun: whole pieces, so that the number in flight stays the same.
    /// </summary>
    private static long StepOf(long window) => window < 2 * PieceBytes ? window / 2 : PieceBytes;

    private static long RoundUp(long offset, long grain) => (offset + grain - 1) / grain * grain;
}
