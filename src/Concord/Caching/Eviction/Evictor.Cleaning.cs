using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Cleaning by writers: what a write does first while more is dirty than the limits allow.</summary>
internal sealed partial class Evictor
{
    /// <summary>
    /// Called by a write before it makes more of a file dirty. While too much is dirty, writes back the file, and the
    /// files below on which its store is built, until less is dirty or they have nothing more to write. Dirty pages of
    /// other files are left to the writers of those. While too much of these files waits for a barrier, asks for it.
    /// </summary>
    /// <exception cref="IOException">The pages cannot be written.</exception>
    internal async ValueTask CleanAsync(FileState own, CallMode mode, CancellationToken cancellationToken)
    {
        await CleanOneAsync(own, mode, cancellationToken).ConfigureAwait(false);

        // What other files have left to be cleaned takes this one's share.
        if (_cache.Admission.IsShort) _cleaner.BeginOthers(own, mode);
        if (!own.Level.LeadsToFiles) return;

        // Then clean the files below, those nearer to this one first.
        var below = _files.All.Where(file => own.Level.LeadsTo(file.Level)).OrderBy(static file => file.Level.Depth);
        foreach (var file in below) await CleanOneAsync(file, mode, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CleanOneAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        // Write until less is dirty. Then, while the file takes too much, make durable what it has.
        await CleanWhileAsync(file, toBarrier: false, mode, cancellationToken).ConfigureAwait(false);
        await CleanWhileAsync(file, toBarrier: true, mode, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Cleans a file while the limits ask for it. A file that cannot be cleaned takes no more memory: that would be
    /// lacking to other files.
    /// </summary>
    private async ValueTask CleanWhileAsync(
        FileState file, bool toBarrier, CallMode mode, CancellationToken cancellationToken)
    {
        int failures = 0, vain = 0;
        while (toBarrier ? file.TakesTooMuch : _cache.IsOverDirtyLimit)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _cache.Scheduler.YieldPointAsync().ConfigureAwait(false);

            // Clean some of the file, and look at the limit again.
            long accepted = file.Ledger.Accepted;
            var (cleaned, error) = toBarrier
                ? await FileCleaner.CleanAsync(file, mode, cancellationToken).ConfigureAwait(false)
                : await TryWriteAsync(file, mode, cancellationToken).ConfigureAwait(false);
            if (cleaned && toBarrier) return;
            if (cleaned) continue;
            if (error is not null)
            {
                if (file.MustClean && ++failures > FruitlessMax) throw Full(error);
                continue;
            }

            // Nothing was cleaned: wait for writes of other calls. If they fail, the pages are dirty again, for this
            // call to try. Without such pages, the file cannot help further.
            if (!await HasMoreAsync(file, mode).ConfigureAwait(false)) return;
            vain = file.Ledger.Accepted == accepted ? vain + 1 : 0;
            if (vain > FailuresMax) throw Full(file.Errors.Newest);
        }
    }

    private static async ValueTask<(bool Written, Exception? Error)> TryWriteAsync(
        FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        var (bytes, error) = await FileCleaner.WriteSomeAsync(file, mode, cancellationToken).ConfigureAwait(false);
        return (bytes > 0, error);
    }

    /// <summary>
    /// Waits for writes of other calls that are in flight, and says whether there is something to write after that.
    /// </summary>
    private static async ValueTask<bool> HasMoreAsync(FileState file, CallMode mode)
    {
        var writeBack = new FileWriteBack(file);
        if (HasWritesInFlight(file)) await writeBack.WaitForWritesInFlightAsync(Whole, mode).ConfigureAwait(false);
        return writeBack.HasRun(Whole, flushes: false) || HasWritesInFlight(file);
    }

    private static bool HasWritesInFlight(FileState file)
    {
        foreach (var extent in file.Extents.All)
        {
            if (extent.Writing != PageMask.None) return true;
        }

        return false;
    }
}
