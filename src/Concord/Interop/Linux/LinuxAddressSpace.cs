using System.Diagnostics;

namespace Concord.Interop.Linux;

/// <summary>
/// The address space of a Linux process.
/// <list type="number">
/// <item>A short range is examined by one call that loads its pages (<see cref="PageProbe"/>): at most
/// <see cref="PopulateBytesMax"/> are loaded.</item>
/// <item>A long range, or one that the call refused, is examined by the list of mappings, which shows gaps and
/// protections. Of each mapped file one page is read, its last in the range: what lies before a readable page lies
/// inside the file. So a terabyte is examined as fast as a page.</item>
/// <item>When the lines are then touched, mincore tells which pages are present of memory that no other mapping can
/// show, and absent pages stay absent. A file's pages are loaded piece by piece by the same call as above, because a
/// read error would otherwise be a signal.</item>
/// </list>
/// </summary>
internal sealed unsafe class LinuxAddressSpace : AddressSpace
{
    /// <summary>
    /// Bytes loaded by one call. 2 MiB take about 100 µs when all of it is absent, and a huge page is not split.
    /// </summary>
    internal const int PopulateBytesMax = 2 << 20;

    /// <summary>
    /// Pages of one mincore call: one page of answers, which is what the kernel gathers at a time.
    /// </summary>
    private const int ResidencyPagesMax = 4096;

    /// <summary>
    /// The name of a device mapping of the kernel's own; some of its pages may raise a signal when read.
    /// </summary>
    private const string KernelPages = "[vv";

    private static readonly nuint Page = (nuint)Environment.SystemPageSize;
    private static readonly Lazy<string> SharedMemoryDevice = new(FindSharedMemoryDevice);

    internal override UnreadableRange? Examine(nuint start, nuint end, List<MappedRange> mapped)
    {
        if (end - start <= PopulateBytesMax
            && PageProbe.Populate(RoundDown(start), RoundUp(end)) == PageProbe.Answer.Readable)
        {
            mapped.Add(new MappedRange(start, end, MappingKind.Touch));
            return null;
        }

        // Walk over the mappings of the range: a gap is not mapped, and each mapping is examined.
        nuint cursor = start;
        foreach (var entry in MapEntry.Meeting(start, end))
        {
            if (entry.Start > cursor) return NotMapped(cursor, entry.Start);
            if (ExamineMapping(entry, cursor, Math.Min(end, entry.End), mapped) is { } unreadable) return unreadable;
            cursor = Math.Min(end, entry.End);
        }

        return cursor >= end ? null : NotMapped(cursor, end);
    }

    internal override UnreadableRange? NextRun(in MappedRange mapped, nuint from, out (nuint Start, nuint End) run)
    {
        if (mapped.Kind == MappingKind.SkipAbsent) return NextPresent(mapped, from, out run);
        if (mapped.Kind == MappingKind.Touch) return base.NextRun(mapped, from, out run);

        run = (from, Math.Min(mapped.End, RoundDown(from) + PopulateBytesMax));
        return PageProbe.Populate(RoundDown(run.Start), RoundUp(run.End)) == PageProbe.Answer.Unreadable
            ? new UnreadableRange(run.Start, run.End, "could not be read in from their file")
            : null;
    }

    private static UnreadableRange? ExamineMapping(in MapEntry entry, nuint start, nuint end, List<MappedRange> mapped)
    {
        // Refuse what cannot be read, whatever its pages hold.
        if (!entry.IsReadable)
            return new UnreadableRange(start, end, $"are mapped without permission to read ({entry.Permissions})");
        if (entry.Path.StartsWith(KernelPages, StringComparison.Ordinal))
            return new UnreadableRange(start, end, $"are the kernel's own pages ({entry.Path})");

        // Memory without a file.
        if (entry.Inode == 0)
        {
            mapped.Add(new MappedRange(start, end, entry.IsShared ? MappingKind.Touch : MappingKind.SkipAbsent));
            return null;
        }

        // A mapped file: its last page tells whether all of the range can be read.
        switch (PageProbe.Populate(RoundUp(end) - Page, RoundUp(end)))
        {
            case PageProbe.Answer.Device:
                mapped.Add(new MappedRange(start, end, MappingKind.Touch));
                return null;
            case PageProbe.Answer.Readable:
                bool absentIsEmpty = entry.Device == SharedMemoryDevice.Value;
                mapped.Add(new MappedRange(start, end, absentIsEmpty ? MappingKind.SkipAbsent : MappingKind.BringIn));
                return null;
            default:
                return new UnreadableRange(Math.Max(start, FirstUnreadable(RoundDown(start), RoundUp(end))), end,
                    $"lie beyond the end of the mapped file {entry.Path}, or its read failed");
        }
    }

    /// <summary>Finds the first page that cannot be read among pages of one mapped file; the last one cannot.</summary>
    private static nuint FirstUnreadable(nuint start, nuint end)
    {
        nuint low = 0, high = ((end - start) / Page) - 1;
        while (low < high)
        {
            nuint middle = (low + high) / 2, page = start + (middle * Page);
            if (PageProbe.Populate(page, page + Page) == PageProbe.Answer.Unreadable) high = middle;
            else low = middle + 1;
        }

        return start + (low * Page);
    }

    private static UnreadableRange? NextPresent(in MappedRange mapped, nuint from, out (nuint Start, nuint End) run)
    {
        byte* present = stackalloc byte[ResidencyPagesMax];
        for (nuint window = RoundDown(from); window < mapped.End; window += ResidencyPagesMax * Page)
        {
            nuint pages = Math.Min(ResidencyPagesMax, (RoundUp(mapped.End) - window) / Page);
            if (Libc.Mincore((nint)window, (nint)(pages * Page), present) != 0)
            {
                run = (mapped.End, mapped.End);
                return NotMapped(Math.Max(from, window), mapped.End);
            }

            // The first run of present pages in this window; without one, look at the next window.
            nuint first = 0;
            while (first < pages && (present[first] & 1) == 0) first++;
            if (first == pages) continue;
            nuint after = first + 1;
            while (after < pages && (present[after] & 1) != 0) after++;
            run = (Math.Max(from, window + (first * Page)), Math.Min(mapped.End, window + (after * Page)));
            return null;
        }

        run = (mapped.End, mapped.End);
        return null;
    }

    /// <summary>
    /// The device of memory files and shared anonymous memory. Only for these, mincore reports the pages that exist and
    /// not this mapping's translations, so that absent means absent for every mapping. (Files with huge pages have
    /// another device, and there it does not.)
    /// </summary>
    private static string FindSharedMemoryDevice()
    {
        nint address = Libc.Mmap(0, (nint)Page, Libc.ProtRead, Libc.MapShared | Libc.MapAnonymous, -1, 0);
        if (address == Libc.MapFailed) throw Libc.LastError("map a page of shared memory");
        try
        {
            return MapEntry.Meeting((nuint)address, (nuint)address + Page).First().Device;
        }
        finally
        {
            int unmapped = Libc.Munmap(address, (nint)Page);
            Debug.Assert(unmapped == 0, "a page just mapped can be unmapped");
        }
    }

    private static UnreadableRange NotMapped(nuint start, nuint end) => new(start, end, "are not mapped");

    private static nuint RoundDown(nuint address) => address & ~(Page - 1);

    private static nuint RoundUp(nuint address) => (address + Page - 1) & ~(Page - 1);
}
