using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Reads, writes and flushes the bytes of a view without touching its addresses. Processor cache lines are flushed
/// through the section's own mapping, whose pages may be touched once they are pinned. Callers' buffers in the view are
/// filled and read by paging I/O, as a sharer's, which holds nothing and goes on while the file is held.
/// </summary>
internal sealed class ViewBuffer(
    FileState file, Evictor evictor, Paging paging, Views views, ViewMapping view) : IForeignRange
{
    /// <summary>Whether the view shows the file's pages only, not private copies.</summary>
    internal bool IsFile => view.Access != ViewAccess.CopyOnWrite;

    internal bool IsWritable => view.Access != ViewAccess.Read;

    /// <summary>Copies bytes out of the view's part of the file. Bytes behind the file's end are zeros.</summary>
    /// <exception cref="IOException">A page cannot be loaded.</exception>
    internal void Get(nint address, Memory<byte> destination)
    {
        int count = SyncCompletion.Result(
            paging.ReadAsync(view.OffsetOf(address), destination, CallMode.Blocking, CancellationToken.None));
        destination.Span[count..].Clear();
    }

    /// <summary>Copies bytes into the view's part of the file. Bytes behind the file's end are dropped.</summary>
    /// <exception cref="IOException">
    /// A page cannot be loaded, or too much is dirty and cannot be written back.
    /// </exception>
    internal void Put(nint address, ReadOnlyMemory<byte> source)
    {
        for (int done = 0, length; done < source.Length; done += length)
        {
            length = Math.Min(PageGeometry.ExtentBytes, source.Length - done);
            if (file.Cache.IsOverDirtyLimit)
            {
                SyncCompletion.Wait(evictor.CleanAsync(file, CallMode.Blocking, CancellationToken.None));
            }
            bool isWritten = SyncCompletion.Result(paging.WriteAsync(
                view.OffsetOf(address) + done, source.Slice(done, length), CallMode.Blocking, CancellationToken.None));
            if (!isWritten)
            {
                throw new IOException($"a lease overwrites pages of {file.Store.Label} that the buffer lies in");
            }
        }
    }

    /// <summary>
    /// Loads the page at an address and maps it, for a copy by the system, which cannot wait for it.
    /// </summary>
    /// <exception cref="IOException">The page cannot be loaded.</exception>
    internal void EnsureResident(nint address) => SyncCompletion.Wait(views.PrefaultAsync(
        view, new ByteRange(view.OffsetOf(address), 1), CallMode.Blocking, CancellationToken.None));

    public void FlushLines(nint address, nuint length, bool invalidate)
    {
        var pin = Pins.Mine;
        long offset = view.OffsetOf(address), end = offset + (long)length;
        while (offset < end)
        {
            // Go page by page: an absent page has nothing to flush, its neighbours may have.
            int inPage = PageGeometry.PageBytes - (int)(offset & (PageGeometry.PageBytes - 1));
            var piece = ExtentSlice.Of(offset, (int)Math.Min(inPage, end - offset));
            if (file.Extents.Find(piece.Extent) is not { } extent)
            {
                offset = PageGeometry.StartOf(piece.Extent + 1);
                continue;
            }

            offset += piece.Length;
            pin.Enter(file.SectionId, piece.Extent, piece.Pages);
            if ((extent.Readable & piece.Pages) == piece.Pages)
            {
                ReadOnlySpan<byte> bytes = extent.BytesAt(piece.Inside, piece.Length);
                if (invalidate) ProcessorCache.FlushAndInvalidate(bytes);
                else ProcessorCache.WriteBack(bytes);
            }

            pin.Leave();
        }
    }
}
