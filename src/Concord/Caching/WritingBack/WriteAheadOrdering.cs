using Concord.Interop;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>Keeps the write-ahead rule: the log is flushed before the pages that it describes.</summary>
internal static class WriteAheadOrdering
{
    /// <summary>
    /// Returns when the log is flushed up to the highest log number of a run; does nothing for a file without a log.
    /// Called when the bytes to be written are fixed. A writer under a lease sets the log number before it changes the
    /// page, so the number of each of those bytes is there.
    /// </summary>
    /// <exception cref="IOException">The log could not be flushed; the run must not be written.</exception>
    internal static ValueTask BeforeAsync(FileState file, PageRun run, CallMode mode) =>
        file.Log is { } log && HighestOf(run) is > 0 and var sequence
            ? FlushAsync(file.Level, log, sequence, mode)
            : ValueTask.CompletedTask;

    private static long HighestOf(PageRun run)
    {
        long highest = 0;
        foreach (var (extent, pages) in run.Parts)
        {
            lock (extent) highest = Math.Max(highest, extent.LogSequenceLocked(pages));
        }

        return highest;
    }

    private static async ValueTask FlushAsync(StoreLevel level, WriteAheadLog log, long sequence, CallMode mode)
    {
        using var underWay = level.Calls.Begin();
        using var flow = StoreLevel.EnterFlow(level);
        try
        {
            if (mode == CallMode.Blocking) log.FlushTo(sequence);
            else
            {
                var call = log.FlushToAsync(sequence, CancellationToken.None);
                flow?.HasBegun();
                await LibraryTasks.WaitAsync(call);
            }
        }
        catch (Exception error)
        {
            // Whatever it throws, also a cancellation of its own, means that the log was not flushed.
            throw new IOException($"the log could not be flushed to {sequence}: {ShownText.Of(error)}", error)
            {
                HResult = error.HResult,
            };
        }
    }
}
