namespace Concord.Interop.Linux;

/// <summary>
/// Finds the pages of a mapping that have translations, entry by entry: for kernels without <see cref="PageScan"/>.
/// </summary>
internal sealed unsafe class PageTable
{
    private const ulong Present = 1UL << 63;
    private const int EntriesMax = 64;

    private readonly FileDescriptor _pageMap;

    private PageTable(FileDescriptor pageMap) => _pageMap = pageMap;

    /// <summary>Opens the page map of this process; null where it may not be read.</summary>
    internal static PageTable? Open()
    {
        var pageMap = Libc.Open("/proc/self/pagemap", Libc.OpenReadOnly | Libc.OpenCloseOnExec);
        if (!pageMap.IsInvalid) return new PageTable(pageMap);
        pageMap.Dispose();
        return null;
    }

    /// <summary>Finds pages that the mapping has translations for, from the start of a range on.</summary>
    /// <returns>How many runs were found; the search stopped at <paramref name="end"/>.</returns>
    internal int FindPresent(nint start, nint length, Span<PageFaults.AddressRun> runs, out nint end)
    {
        nint page = Environment.SystemPageSize;
        int wanted = (int)Math.Min(Math.Min(length / page, EntriesMax), runs.Length);
        ulong* entries = stackalloc ulong[EntriesMax];
        nint read = Libc.Pread(_pageMap, (byte*)entries, wanted * sizeof(ulong), start / page * sizeof(ulong));
        if (read <= 0) throw Libc.LastError("ask which pages of a view are mapped");
        int count = 0, known = (int)(read / sizeof(ulong));
        for (int i = 0; i < known; i++)
        {
            if ((entries[i] & Present) != 0)
                runs[count++] = new PageFaults.AddressRun(start + (i * page), start + ((i + 1) * page));
        }

        end = start + (known * page);
        return count;
    }
}
