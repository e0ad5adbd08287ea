using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

// Loads for calls that do not wait.
internal sealed partial class MissPath
{
    /// <summary>The most loads of a file in the background: more only wait for the same store.</summary>
    private const int BackgroundLoadsMax = 64;

    // The loads under way; the set is its own lock. A load for the holder does not wait for the hold, any other load
    // does.
    private readonly HashSet<(ByteRange Range, bool HasExclusiveHold)> _backgroundLoads = [];

    /// <summary>
    /// Loads a range in the background: under the shared hold, or, for a caller that has the exclusive hold, as paging
    /// I/O. Does nothing where the same load is under way, too many such loads are, or the locks of the store's owner
    /// are not free: the next call begins it then.
    /// </summary>
    internal void LoadInBackground(ByteRange range, bool hasExclusiveHold)
    {
        lock (_backgroundLoads)
        {
            if (_backgroundLoads.Count == BackgroundLoadsMax) return;
            if (!_backgroundLoads.Add((range, hasExclusiveHold))) return;
        }

        BeginInBackground(range, hasExclusiveHold);
    }

    /// <summary>A method of its own: its closure is allocated only for a load that begins.</summary>
    private void BeginInBackground(ByteRange range, bool hasExclusiveHold)
    {
        Action load = () => _ = LoadInBackgroundAsync(range, hasExclusiveHold);
        if (file.BackgroundLocks is null)
        {
            file.Scheduler.Post(load);
            return;
        }

        try
        {
            file.Scheduler.PostBlocking(load);
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread: nothing is loaded.
            lock (_backgroundLoads) _backgroundLoads.Remove((range, hasExclusiveHold));
        }
    }

    private async Task LoadInBackgroundAsync(ByteRange range, bool hasExclusiveHold)
    {
        var locks = file.BackgroundLocks;
        bool hasEntered = false;
        try
        {
            // Before the hold and any claim: whoever has the owner's locks may wait for both.
            hasEntered = locks?.TryEnterReadAhead() == true;
            if (locks is not null && !hasEntered) return;
            var mode = locks is null ? CallMode.Async : CallMode.Blocking;
            await LoadAsync(range, hasExclusiveHold, mode).ConfigureAwait(false);
        }
        finally
        {
            if (hasEntered) locks!.LeaveReadAhead();
            lock (_backgroundLoads) _backgroundLoads.Remove((range, hasExclusiveHold));
        }
    }

    private async Task LoadAsync(ByteRange range, bool hasExclusiveHold, CallMode mode)
    {
        try
        {
            if (!hasExclusiveHold)
            {
                await gates.EnterAsync(range.Offset, mode, CancellationToken.None).ConfigureAwait(false);
            }

            RangeLoad? wide = null;
            try
            {
                if (!hasExclusiveHold)
                {
                    wide = RangeLoad.BeginOrNull(
                        file, evictor, range.Intersect(new ByteRange(0, file.Sizes.Length)), hasExclusiveHold: false,
                        mode, CancellationToken.None);
                }

                for (long at = range.Offset, length; at < range.End; at += length)
                {
                    if (wide is not null) await wide.AdvanceAsync(at).ConfigureAwait(false);
                    int most = (int)Math.Min(range.End - at, int.MaxValue);
                    length = hasExclusiveHold
                        ? await PageInAsync(at, most, mode).ConfigureAwait(false)
                        : await PrepareReadAsync(at, most, mode, CancellationToken.None).ConfigureAwait(false);
                    if (length == 0) return;
                }
            }
            finally
            {
                if (wide is not null) await wide.EndAsync().ConfigureAwait(false);
                if (!hasExclusiveHold) file.ReleaseShared();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // No call waits for this load. The call that needs the page reads the store again, and gets the error.
            return;
        }
    }

    /// <summary>
    /// Loads for the holder, without the hold: nothing wholly behind the end, where he may be taking over what another
    /// program appended.
    /// </summary>
    private async ValueTask<int> PageInAsync(long offset, int length, CallMode mode)
    {
        if (offset >= new ByteRange(0, file.Sizes.Length).RoundOut(PageGeometry.PageBytes).End) return 0;
        var slice = ExtentSlice.First(offset, length, file.Cache.PiecePagesMax);
        await loader.EnsureResidentAsync(
            slice.Extent, slice.Pages, mode, CancellationToken.None).ConfigureAwait(false);
        return slice.Length;
    }
}
