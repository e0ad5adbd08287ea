using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Fills pages that a write has claimed with the caller's bytes, and publishes them, dirty. The claim is a
/// <see cref="Extent.Loading"/> one; <see cref="Extent.Overwriting"/> is a lease's.
/// </summary>
internal static class PageOverwrite
{
    /// <param name="file">The file.</param>
    /// <param name="slice">
    /// The part of the caller's bytes that the claim covers, from the first page's first byte on.
    /// </param>
    /// <param name="extent">The extent; its lock may be held.</param>
    /// <param name="claim">The claim, which ends.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="IOException">There is no memory to show the pages in views; nothing was written.</exception>
    internal static void Fill(
        FileState file, ExtentSlice slice, Extent extent, PageLoad claim, ReadOnlySpan<byte> source)
    {
        int end = slice.Inside + slice.Length;
        int tail = PageGeometry.RoundUpToPage(end) - end;

        // Where views show pages as they appear: assemble them in staging memory, and publish them whole.
        if (claim.IsStaged)
        {
            var staging = RentStaging(file, extent, claim);
            try
            {
                source[..slice.Length].CopyTo(staging.BytesAt(slice.Inside, slice.Length));
                staging.BytesAt(end, tail).Clear();
                file.Sharers.PublishOverwritten(extent, claim, staging, PageGeometry.StartOf(slice.Extent) + end);
                return;
            }
            finally
            {
                StagingBlock.Return(staging);
            }
        }

        // Otherwise fill the section's memory itself: the claim keeps every other call out.
        PageCopy.Copy(source[..slice.Length], extent.BytesAt(slice.Inside, slice.Length), slice.Inside);

        // The rest of the last page lies beyond the end of the file, and becomes zeros.
        extent.BytesAt(end, tail).Clear();
        lock (extent)
        {
            // Raise the length and publish the pages under one lock: a cut in between would leave pages behind the end.
            file.Sizes.WroteUpTo(PageGeometry.StartOf(slice.Extent) + end);
            extent.EndOverwriteLocked(claim, file.Scheduler);
        }
    }

    /// <summary>Memory in which claimed pages are assembled. If there is none, ends the claim.</summary>
    /// <exception cref="IOException">There is none; nothing was written.</exception>
    private static StagingBlock RentStaging(FileState file, Extent extent, PageLoad claim)
    {
        try
        {
            return StagingBlock.Rent();
        }
        catch (OutOfMemoryException error)
        {
            var failure = new IOException($"there is no memory for {file.Store.Label}: {error.Message}", error);
            lock (extent)
            {
                int room = extent.EndStagedLoadLocked(claim, PageMask.None, failure, file.Scheduler);
                file.ReleaseBacked(room);
            }

            throw failure;
        }
    }
}
