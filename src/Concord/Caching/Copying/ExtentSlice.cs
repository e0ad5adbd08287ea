using System.Runtime.CompilerServices;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>The part of a copy that falls into one extent.</summary>
/// <param name="Extent">The extent's number.</param>
/// <param name="Inside">Where in the extent the first byte lies.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Pages">The pages they touch.</param>
internal readonly record struct ExtentSlice(long Extent, int Inside, int Length, ulong Pages)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ExtentSlice Of(long offset, int length)
    {
        int inside = (int)offset & (PageGeometry.ExtentBytes - 1);
        int take = Math.Min(length, PageGeometry.ExtentBytes - inside);
        int first = inside >> PageGeometry.PageShift;
        int last = (inside + take - 1) >> PageGeometry.PageShift;
        return new ExtentSlice(PageGeometry.ExtentOf(offset), inside, take, PageMask.FromTo(first, last));
    }

    /// <summary>The first slice of a copy, of so many pages at most.</summary>
    internal static ExtentSlice First(long offset, int length, int pagesMax)
    {
        int pageInside = (int)(offset & (PageGeometry.PageBytes - 1));
        long most = ((long)pagesMax << PageGeometry.PageShift) - pageInside;
        return Of(offset, (int)Math.Min(length, most));
    }

    /// <summary>The part that lies in a run of its pages, which begins with the first.</summary>
    internal ExtentSlice ClipToRun(ulong run)
    {
        int end = (PageMask.First(run) + PageMask.Count(run)) << PageGeometry.PageShift;
        return this with { Length = Math.Min(Length, end - Inside), Pages = run };
    }

    /// <summary>
    /// The pages of which nothing old remains: covered from their first byte to their last, or to the end of the file.
    /// </summary>
    /// <param name="offset">Where in the file the slice begins.</param>
    /// <param name="fileLength">Where the file ends.</param>
    internal ulong WhollyCovered(long offset, long fileLength) =>
        Pages & PageGeometry.WholePagesOf(Extent, new ByteRange(offset, Length), fileLength);
}
