using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Reads, writes and flushes the bytes of a view without touching its addresses: the processors' lines are flushed by
/// the system view, whose pages may be touched once they are pinned; callers' buffers there are filled and read as a
/// sharer's paging I/O, which holds nothing and goes on while the file is held.
/// </summary>
internal sealed class ViewBuffer(
    FileState file, Evictor evictor, Paging paging, Views views, ViewMapping view) : IForeignRange
{
    /// <summary>Whether what it shows is the file's, whoever wrote it.</summary>
    internal bool IsFile => view.Access != ViewAccess.CopyOnWrite;

    internal bool IsWritable => view.Access != ViewAccess.Read;

    /// <summary>Copies bytes out of the view's part of the file. Bytes behind the file's end are zeros.</summary>
    /// <exception cref="IOException">A page cannot be brought in.</exception>
    internal void Get(nint address, Memory<byte> destination)
    {
        int count = SyncCompletion.Result(
            paging.ReadAsync(view.OffsetOf(address), destination, CallMode.Blocking, CancellationToken.None));
        destination.Span[count..].Clear();
    }

    /// <summary>Copies bytes into the view's part of the file. Those behind the file's end are nobody's.</summary>
    /// <exception cref="IOException">
    /// A page cannot be brought in, or too much is dirty and cannot be written back.
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
    /// Brings the page at an address in and maps it, for a copy by the system that could not wait for it.
    /// </summary>
    /// <exception cref="IOException">The page cannot be brought in.</exception>
    internal void EnsureResident(nint address) => SyncCompletion.Wait(views.PrefaultAsync(
        view, new ByteRange(view.OffsetOf(address), 1), CallMode.Blocking, CancellationToken.None));

    public void FlushLines(nint address, nuint length, bool invalidate)
    {
        var pin = Pins.Mine;
        long offset = view.OffsetOf(address), end = offset + (long)length;
        while (offset < end)
        {
            // A page at a time: an absent one has nothing to flush, and its neighbours have.
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
