using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// Finds the pages of a mapping that were written, and protects them again in the same step (Linux 6.7: PAGEMAP_SCAN).
/// </summary>
/// <remarks>A page without a translation counts as written unless a marker protects it.</remarks>
internal sealed unsafe class PageScan
{
    private const nuint Request = 0xC0606610;
    private const ulong ProtectMatching = 1, CheckAsyncProtection = 2;
    private const ulong Written = 2, Present = 8;

    private readonly FileDescriptor _pageMap;

    private PageScan(FileDescriptor pageMap) => _pageMap = pageMap;

    /// <summary>Opens the page map of this process; null where the kernel has no such scan.</summary>
    internal static PageScan? Open()
    {
        var pageMap = Libc.Open("/proc/self/pagemap", Libc.OpenReadOnly | Libc.OpenCloseOnExec);
        if (pageMap.IsInvalid) return null;
        var scan = new PageScan(pageMap);
        Region region;
        byte here;
        nint page = (nint)(&here) & -Environment.SystemPageSize;
        if (scan.Scan(page, Environment.SystemPageSize, &region, 1, 0, Present, out _) >= 0) return scan;
        scan._pageMap.Dispose();
        return null;
    }

    /// <summary>
    /// Finds written pages, from the start of a range on, and protects them again, atomically for each page.
    /// </summary>
    /// <returns>How many runs were found; the scan stopped at <paramref name="end"/>.</returns>
    internal int TakeWritten(nint start, nint length, Span<Region> runs, out nint end)
    {
        fixed (Region* first = runs)
        {
            int count = Scan(start, length, first, runs.Length, ProtectMatching | CheckAsyncProtection, Written,
                out end);
            return count >= 0 ? count : throw Libc.LastError("ask which pages of a view were written");
        }
    }

    /// <summary>Finds pages that the mapping has translations for.</summary>
    internal int FindPresent(nint start, nint length, Span<Region> runs, out nint end)
    {
        fixed (Region* first = runs)
        {
            int count = Scan(start, length, first, runs.Length, 0, Present, out end);
            return count >= 0 ? count : throw Libc.LastError("ask which pages of a view are mapped");
        }
    }

    private int Scan(nint start, nint length, Region* runs, int count, ulong flags, ulong category, out nint end)
    {
        var arguments = new Arguments
        {
            Size = (ulong)sizeof(Arguments),
            Flags = flags,
            Start = start,
            End = start + length,
            Runs = (nint)runs,
            RunCount = (ulong)count,
            Category = category,
            Returned = category,
        };
        int found = Libc.Ioctl(_pageMap, Request, &arguments);
        end = arguments.WalkEnd;
        return found;
    }

    /// <summary>A run of pages.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Region
    {
        internal nint Start;
        internal nint End;
        internal ulong Categories;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Arguments
    {
        internal ulong Size;
        internal ulong Flags;
        internal nint Start;
        internal nint End;
        internal nint WalkEnd;
        internal nint Runs;
        internal ulong RunCount;
        internal ulong PagesMax;
        internal ulong Inverted;
        internal ulong Category;
        internal ulong AnyOf;
        internal ulong Returned;
    }
}
