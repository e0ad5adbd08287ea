using System.Buffers;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Writes dirty pages to the store in long runs. It is paging I/O: it takes extent locks only, so it goes on while the
/// file is held, and several callers may write back at once. It asks for no barrier; a caller that needs one asks for
/// it. It has no state of its own: each caller makes one.
/// </summary>
/// <remarks>
/// A <see cref="WriteSweep"/> claims runs (<see cref="PageRun"/>) and writes each. It waits for writers inside the
/// pages; copies the pages that can still change; flushes the log before the pages (<see cref="WriteAheadOrdering"/>).
/// What the store accepted is noted in the <see cref="BarrierLedger"/>; what it refused is dirty again.
/// </remarks>
internal readonly struct FileWriteBack(FileState file)
{
    /// <summary>The longest run of one store call: long enough for any disk, short enough to wait for.</summary>
    internal const long RunPagesMax = 1024;

    /// <summary>
    /// Writes every page of a range that the store has not accepted, once, in ascending order, with several runs in
    /// flight. It goes on after an error, so that the store gets as much as possible.
    /// </summary>
    /// <param name="range">The range.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops between two runs.</param>
    /// <param name="pagesMax">Begins no further run once this many pages are claimed.</param>
    /// <param name="flushes">
    /// Whether the caller flushes, under the file's hold. Then pages under a writable lease are written too, and those
    /// whose write-back is suspended. A caller that only needs clean pages wants neither: a write-leased page does not
    /// become clean by being written, and the write of a suspended page would be in flight together with what the
    /// holder writes to the store itself.
    /// </param>
    /// <param name="takesOut">
    /// Whether views lose the pages anyway. Then writable views lose them for the write, and nothing has to be copied.
    /// </param>
    /// <returns>How many bytes were written, and the error of the lowest run that failed.</returns>
    internal ValueTask<(long Bytes, Exception? Error)> WriteAsync(
        ByteRange range,
        CallMode mode,
        CancellationToken cancellationToken,
        long pagesMax = long.MaxValue,
        bool flushes = true,
        bool takesOut = false)
    {
        if (file.Pending.IsZero) return default;
        file.LeaveClosedStore();
        return new WriteSweep(file, range, mode, pagesMax, flushes, takesOut, cancellationToken).RunAsync();
    }

    /// <summary>Waits for the writes of other calls that are in flight over a range.</summary>
    /// <exception cref="IOException">One of them does not end because the store does not answer.</exception>
    internal async ValueTask WaitForWritesInFlightAsync(ByteRange range, CallMode mode)
    {
        if (file.Pending.IsZero) return;
        foreach (var extent in file.Extents.In(range))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, range);
            await extent.WhenIdleAsync(
                pages, static (busy, pages) => busy.Writing & pages, file.StoreWait, mode).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Claims the first run of a range: its first dirty page, and the dirty pages that follow without a gap.
    /// </summary>
    internal PageRun? NextRun(ByteRange range, bool flushes)
    {
        PageRun? run = null;
        foreach (var extent in file.Extents.In(range))
        {
            lock (extent)
            {
                // The run goes on in this extent if the extent follows the last one and its first page may be claimed.
                ulong pages = ClaimableLocked(extent, PageGeometry.PagesOf(extent.Index, range), flushes);
                if (run is not null)
                {
                    bool follows = extent.Index == run.Parts[^1].Extent.Index + 1;
                    if (!follows || (pages & 1) == 0 || run.PageCount >= RunPagesMax) return run;
                }

                // Claim the extent's part. The run ends here unless the part reaches the extent's last page.
                ulong part = PageMask.FirstRun(pages);
                if (part == PageMask.None) continue;
                extent.BeginWriteLocked(part, file.Scheduler);
                (run ??= new PageRun()).Add(extent, part);
                if ((part >> (PageGeometry.PagesPerExtent - 1)) == 0) return run;
            }
        }

        return run;
    }

    /// <summary>Whether a range has something to claim now.</summary>
    internal bool HasRun(ByteRange range, bool flushes) => file.Extents.Any(
        range, (WriteBack: this, Flushes: flushes),
        static (extent, pages, asked) => asked.WriteBack.ClaimableLocked(extent, pages, asked.Flushes));

    /// <summary>The pages of a mask that a write may claim now.</summary>
    private ulong ClaimableLocked(Extent extent, ulong pages, bool flushes)
    {
        ulong unwritten = flushes ? extent.DirtyOrWriteLeased : extent.Dirty & ~extent.WriteBackSuspended;
        return pages & unwritten & ~(extent.Writing | file.PagesBeingCut(extent.Index));
    }

    /// <summary>Writes one claimed run. Errors are returned, with the pages dirty again.</summary>
    /// <param name="run">The run.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="flushes">Whether a barrier will be asked for.</param>
    /// <param name="takesOut">Whether views open for writing lose the pages while they are written.</param>
    internal async ValueTask<(long Bytes, Exception? Error)> WriteRunAsync(
        PageRun run, CallMode mode, bool flushes, bool takesOut)
    {
        long failuresBefore = file.Ledger.Failures;
        var range = run.Range;
        List<byte[]>? copies = null;
        List<(Extent Extent, ulong Pages)> still = [];
        long end;
        try
        {
            // Wait for copies that passed the mask before the claim. Later writers see the claim and wait for this
            // write.
            bool drained = file.DrainPins();

            // Views lose the pages for the write, where they lose them anyway.
            if (takesOut) file.Sharers.FreezeForWrite(run.Parts, still);

            // Collect the bytes up to the file's end; copy those that can still change.
            end = Math.Min(range.End, file.Sizes.Length);
            var pieces = MemoryOf(run, end, drained, still, ref copies);
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);

            // Flush the log first, then write the pages.
            if (pieces.Count > 0) await WriteAheadOrdering.BeforeAsync(file, run, mode).ConfigureAwait(false);
            if (pieces.Count > 0) await file.Store.WriteAsync(range.Offset, pieces, mode).ConfigureAwait(false);
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Make the pages dirty again before the error is told.
            file.Ledger.NoteRefused();
            foreach (var (extent, pages) in run.Parts)
            {
                lock (extent) extent.EndWriteLocked(pages, accepted: false, file.Scheduler);
            }

            if (!file.Scheduler.InjectsFault(InjectedFault.ErrorsForgotten)) file.Errors.Add(run.Range, error);
            return (0, error);
        }
        finally
        {
            copies?.ForEach(copy => ArrayPool<byte>.Shared.Return(copy));
            file.Sharers.UnfreezeWritten(range, still);
        }

        // The store has accepted the run: end the claim, and note in the ledger that it still needs a barrier.
        if (file.Ledger.NoteAccepted(run.Parts, failuresBefore) && end > range.Offset) file.Sizes.StoredUpTo(end);
        long bytes = Math.Max(0, end - range.Offset);
        if (flushes && bytes > 0 && file.Store.TellBarrier(new ByteRange(range.Offset, bytes)) is { } broken)
            file.Errors.Add(range, broken);
        return (bytes, null);
    }

    /// <summary>
    /// The memory of a run up to the file's end. A page that can still change while the store reads it (a write-leased
    /// page, a page with a writer stuck inside, one that a view can write) is copied first; the copy is what is
    /// written.
    /// </summary>
    private List<ReadOnlyMemory<byte>> MemoryOf(
        PageRun run, long end, bool drained, List<(Extent Extent, ulong Pages)> still, ref List<byte[]>? copies)
    {
        var pieces = new List<ReadOnlyMemory<byte>>(run.Parts.Count);
        foreach (var (extent, pages) in run.Parts)
        {
            var bytes = PageGeometry.BytesOf(extent.Index, pages);
            int length = (int)Math.Clamp(end - bytes.Offset, 0, bytes.Length);
            if (length == 0) break;
            ReadOnlyMemory<byte> memory = extent.MemoryOf(pages)[..length];

            // Copy what can still change. A page with a stuck writer is dirty again: its late bytes are written later.
            ulong stuck = drained ? PageMask.None : Pins.Inside(file.SectionId, extent.Index) & pages;
            ulong viewed = file.Sharers.PagesWritable(extent.Index) & pages & ~PagesIn(still, extent);
            if (((extent.WriteLeased & pages) | stuck | viewed) != 0)
            {
                byte[] copy = ArrayPool<byte>.Shared.Rent(length);
                memory.Span.CopyTo(copy);
                (copies ??= []).Add(copy);
                memory = copy.AsMemory(0, length);
                extent.MarkDirty(stuck);
            }

            pieces.Add(memory);
        }

        return pieces;
    }

    private static ulong PagesIn(List<(Extent Extent, ulong Pages)> parts, Extent extent)
    {
        foreach (var (part, pages) in parts)
        {
            if (part == extent) return pages;
        }

        return PageMask.None;
    }
}
