using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Copies between a caller's memory and resident pages, one hit after the other (<see cref="PinnedRange"/>), up to the
/// first that fails. A read or write begins here, and hands the rest to the <see cref="MissPath"/>.
/// </summary>
internal static class PageCopier
{
    /// <summary>Copies out of resident pages.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="destination">Where the bytes go; all of it lies within the file's length.</param>
    /// <param name="hasHold">
    /// Whether the caller has the file's hold, and so need not ask whether hits are allowed.
    /// </param>
    /// <returns>How many bytes were copied.</returns>
    internal static int Read(FileState file, long offset, Span<byte> destination, bool hasHold)
    {
        int done = 0;
        while (done < destination.Length
            && PinnedRange.TryPin(
                file, offset + done, destination.Length - done, forWriting: false, hasHold, out var pinned))
        {
            PageCopy.Copy(pinned.Bytes, destination[done..], pinned.Slice.Inside);
            pinned.Unpin();
            done += pinned.Slice.Length;
        }

        return done;
    }

    /// <summary>Copies into resident pages and marks them dirty.</summary>
    /// <returns>How many bytes were copied.</returns>
    internal static int Write(FileState file, long offset, ReadOnlySpan<byte> source, bool hasHold)
    {
        int done = 0;
        while (done < source.Length
            && PinnedRange.TryPin(file, offset + done, source.Length - done, forWriting: true, hasHold, out var pinned))
        {
            // The bytes first, then the length, then the mark: a write-back that sees the mark sees them too.
            PageCopy.Copy(source.Slice(done, pinned.Slice.Length), pinned.Bytes, pinned.Slice.Inside);
            done += pinned.Slice.Length;
            file.Sizes.WroteUpTo(offset + done);
            pinned.UnpinDirty();
        }

        return done;
    }

    /// <summary>Whether every page of a range is resident and may be changed at this moment.</summary>
    internal static bool IsWritable(FileState file, long offset, int length)
    {
        for (int done = 0; done < length;)
        {
            var piece = ExtentSlice.Of(offset + done, length - done);
            if (file.Extents.LeafOf(piece.Extent) is not { } leaf
                || (leaf.Writable(ExtentLeaf.SlotOf(piece.Extent)) & piece.Pages) != piece.Pages)
            {
                return false;
            }

            done += piece.Length;
        }

        return true;
    }
}
