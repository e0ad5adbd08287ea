using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Asks the kernel how many pages of a range this process has translations for (Linux: /proc/self/pagemap).
/// </summary>
internal static class Translations
{
    private const int PiecePages = 8192;
    private const ulong Present = 1UL << 63;

    private static readonly SafeFileHandle PageMap = File.OpenHandle("/proc/self/pagemap", FileMode.Open,
        FileAccess.Read, FileShare.ReadWrite);
    private static readonly ulong[] Entries = new ulong[PiecePages];

    public static long Count(nint address, long bytes)
    {
        long found = 0, first = address / RandomPages.PageBytes, pages = bytes / RandomPages.PageBytes;
        for (long page = 0; page < pages; page += PiecePages)
        {
            var part = Entries.AsSpan(0, (int)Math.Min(PiecePages, pages - page));
            int read = RandomAccess.Read(PageMap, MemoryMarshal.AsBytes(part), (first + page) * sizeof(ulong));
            if (read != part.Length * sizeof(ulong))
                throw new InvalidOperationException("the kernel does not tell which pages this process maps");
            foreach (ulong entry in part) found += (entry & Present) == 0 ? 0 : 1;
        }

        return found;
    }

    /// <summary>Proves that so many pages of a range are mapped, as a measurement begins with.</summary>
    public static void Prove(nint address, long bytes, long pages)
    {
        long found = Count(address, bytes);
        if (found != pages)
            throw new InvalidOperationException(
                $"{found} pages are mapped and not {pages}: the measurement would begin with another state");
    }
}
