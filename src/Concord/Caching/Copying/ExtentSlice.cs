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
}
