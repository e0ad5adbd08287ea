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
        if (!own.Level.LeadsToFiles) return;

        // Then clean the files below, those nearer to this one first.
        var below = _files.All.Where(file => own.Level.LeadsTo(file.Level)).OrderBy(static file => file.Level.Depth);
        foreach (var file in below) await CleanOneAsync(file, mode, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CleanOneAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        for (int failures = 0; ; failures++)
        {
            // Write until less is dirty. Then, if too much waits for a barrier, ask for it.
            await WriteAsync(file, mode, cancellationToken).ConfigureAwait(false);
            if (!file.HasTooMuchPending) return;
            var (_, error) = await FileCleaner.CleanAsync(file, mode, cancellationToken).ConfigureAwait(false);

            // What a barrier that failed should have made durable is dirty again, and the file takes no more memory
            // before some of it is written: that would be lacking to other files.
            if (error is null || !file.TakesTooMuch) return;
            if (failures >= FruitlessMax) throw Full(error);
        }
    }

    private async ValueTask WriteAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        var writeBack = new FileWriteBack(file);
        int failures = 0;
        while (_cache.IsOverDirtyLimit)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _cache.Scheduler.YieldPointAsync().ConfigureAwait(false);

            // Write some pages of the file, and look at the limit again.
            var (bytes, error) = await writeBack
                .WriteAsync(Whole, mode, cancellationToken, FileWriteBack.RunPagesMax, flushes: false)
                .ConfigureAwait(false);
            if (bytes > 0) continue;
            if (error is not null)
            {
                if (_cache.IsOverDirtyLimit && ++failures > FruitlessMax) throw Full(error);
                continue;
            }

            // Nothing was written: wait for writes of other calls; without any, this file cannot help further.
            if (!HasWritesInFlight(file)) break;
            await writeBack.WaitForWritesInFlightAsync(Whole, mode).ConfigureAwait(false);
        }
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
