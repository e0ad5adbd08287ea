using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>What a writer does before it makes more dirty than the limits allow.</summary>
internal sealed partial class Evictor
{
    /// <summary>
    /// What a writer of a file does before it makes more of it dirty: while too much is dirty it writes the file back,
    /// and the files below on which its store is built, until less is or they have nothing more to write; what other
    /// files have dirty is their writers' business. While too much waits for a barrier it asks for theirs.
    /// </summary>
    /// <exception cref="IOException">The pages cannot be written.</exception>
    internal async ValueTask CleanAsync(FileState own, CallMode mode, CancellationToken cancellationToken)
    {
        await CleanOneAsync(own, mode, cancellationToken).ConfigureAwait(false);
        if (!own.Level.LeadsToFiles) return;
        var below = _files.All.Where(file => own.Level.LeadsTo(file.Level)).OrderBy(static file => file.Level.Depth);
        foreach (var file in below) await CleanOneAsync(file, mode, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CleanOneAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        var writeBack = new FileWriteBack(file);
        int failures = 0;
        while (_cache.IsOverDirtyLimit)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            var (bytes, error) = await writeBack
                .WriteAsync(Whole, mode, cancellationToken, FileWriteBack.RunPagesMax, flushes: false)
                .ConfigureAwait(false);
            if (bytes > 0) continue;
            if (error is not null)
            {
                if (_cache.IsOverDirtyLimit && ++failures > FruitlessMax) throw Full(error);
                continue;
            }

            if (!HasWritesInFlight(file)) break;
            await writeBack.WaitForWritesInFlightAsync(Whole, mode).ConfigureAwait(false);
        }

        // A barrier that fails is told by the next flush; its pages are dirty again.
        if (file.HasTooMuchPending) await FileCleaner.CleanAsync(file, mode, cancellationToken).ConfigureAwait(false);
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
