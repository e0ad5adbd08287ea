using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Keeps the order of a log and the pages it describes: log first. Does nothing for a file without a log.</summary>
internal sealed class WriteAheadOrdering(FileState file)
{
    private WriteAheadLog? _log;

    internal bool HasLog => Volatile.Read(ref _log) is not null;

    /// <exception cref="InvalidOperationException">The file has another log.</exception>
    internal void Set(WriteAheadLog log)
    {
        if (Interlocked.CompareExchange(ref _log, log, null) is { } other && other != log)
        {
            throw new InvalidOperationException($"{file.Store.Name} has a log already, whose numbers its pages may carry");
        }
    }

    /// <summary>
    /// Returns when the log has reached what a run carries. Called when the bytes to be written are fixed: who changes a
    /// lent page gives its number first, so the number of each of those bytes is there by now.
    /// </summary>
    /// <exception cref="IOException">The log could not be flushed; the run must not be written.</exception>
    internal ValueTask BeforeAsync(PageRun run, CallMode mode) =>
        Volatile.Read(ref _log) is { } log && HighestOf(run) is > 0 and var sequence ? FlushAsync(log, sequence, mode) : ValueTask.CompletedTask;

    private static long HighestOf(PageRun run)
    {
        long highest = 0;
        foreach (var (extent, pages) in run.Parts)
        {
            lock (extent) highest = Math.Max(highest, extent.LogSequenceLocked(pages));
        }

        return highest;
    }

    private async ValueTask FlushAsync(WriteAheadLog log, long sequence, CallMode mode)
    {
        try
        {
            if (mode == CallMode.Blocking) log.FlushTo(sequence);
            else await log.FlushToAsync(sequence, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw new IOException($"the log could not be flushed to {sequence}: {error.Message}", error) { HResult = error.HResult };
        }
    }
}
