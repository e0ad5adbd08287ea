using System.Diagnostics;
using Concord.Interop.Linux;

namespace Concord.Tests.Processor;

/// <summary>Addresses that cannot be flushed: an exception that says which and why, and never a signal.</summary>
public sealed unsafe class BadRangeTests
{
    private static readonly int Page = Environment.SystemPageSize;

    /// <summary>Above this length the list of mappings is asked and not the pages; both ways are tried.</summary>
    private const int LargeBytes = 4 * LinuxAddressSpace.PopulateBytesMax;

    /// <summary>Measurements that may be made anew when the machine was busy with something else.</summary>
    private const int SlicesMax = 5;

    [Fact]
    [Row(42)]
    public void An_empty_range_does_nothing_wherever_it_points()
    {
        ProcessorCache.FlushAndInvalidate(0, 0);
        ProcessorCache.FlushAndInvalidate(-1, 0);
        ProcessorCache.WriteBack(0, 0);
        ProcessorCache.FlushAndInvalidate([]);
        ProcessorCache.WriteBack([]);
    }

    [Fact]
    public void The_null_page_is_not_mapped() => AssertRefused(0, 8, "the 8 bytes from 0x0 are not mapped");

    [Fact]
    public void A_range_that_wraps_round_is_refused()
    {
        foreach (var flush in Calls)
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => flush(-4096, 8192));
            Assert.Equal("length", error.ParamName);
            Assert.Contains("wraps round the end of the address space", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_last_bytes_of_the_address_space_are_not_mapped() => AssertRefused(-4096, 4095, "are not mapped");

    [Fact]
    public void A_huge_length_is_refused_at_once_and_brings_nothing_in()
    {
        using var memory = Mapping.Anonymous(LargeBytes, Libc.ProtRead | Libc.ProtWrite);
        var watch = Stopwatch.StartNew();
        AssertRefused(memory.Address, nuint.MaxValue - (nuint)memory.Address, "The range must be readable");
        AssertRefused(memory.Address, (nuint)1 << 62, "The range must be readable");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
        Assert.Equal(0, memory.ResidentPages);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(LargeBytes / 4096)]
    public void Unmapped_pages_are_named(int pages)
    {
        using var memory = Mapping.WithHole((pages + 1) * Page, (pages - 2) * Page, 2 * Page);
        nint hole = memory.Address + memory.Hole.Offset;

        AssertRefused(memory.Address, (nuint)((pages + 1) * Page),
            $"the {2 * Page} bytes from 0x{hole:x} are not mapped");
        AssertRefused(hole + 100, 1, $"the 1 bytes from 0x{hole + 100:x} are not mapped");
        ProcessorCache.FlushAndInvalidate(memory.Address, (nuint)((pages - 2) * Page));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(LargeBytes / 4096)]
    public void Pages_without_permission_to_read_are_named(int pages)
    {
        using var memory = Mapping.Anonymous(pages * Page, Libc.ProtRead | Libc.ProtWrite);
        nint closed = memory.Address + ((pages - 1) * Page);
        Assert.Equal(0, Libc.Mprotect(closed, Page, Libc.ProtNone));

        AssertRefused(memory.Address, (nuint)(pages * Page),
            $"the {Page} bytes from 0x{closed:x} are mapped without permission to read (---p)");
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(LargeBytes / 4096, false)]
    [InlineData(LargeBytes / 4096, true)]
    public void Pages_beyond_the_end_of_a_mapped_file_are_named(int pages, bool isPrivate)
    {
        using var memory = Mapping.File(5 * Page / 2, pages * Page, isPrivate);

        AssertRefused(memory.Address, (nuint)(pages * Page),
            $"the {(pages - 3) * Page} bytes from 0x{memory.Address + (3 * Page):x} lie beyond the end of the "
                + "mapped file");
        ProcessorCache.FlushAndInvalidate(memory.Address, (nuint)(3 * Page));
        ProcessorCache.WriteBack(memory.Address + (2 * Page), (nuint)Page);
    }

    [Fact]
    public void Pages_beyond_the_end_of_a_memory_file_are_named()
    {
        using var memory = Mapping.MemoryFile(Page, 4 * Page);
        AssertRefused(memory.Address, (nuint)(4 * Page), "lie beyond the end of the mapped file");
    }

    [Fact]
    public void The_kernels_own_pages_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the pages are Linux's");
        var kernel = MapEntry.Meeting(0, nuint.MaxValue)
            .FirstOrDefault(e => e.Path.StartsWith("[vvar", StringComparison.Ordinal));
        Assert.SkipWhen(kernel.End == 0, "this kernel keeps no such pages in the process");
        AssertRefused((nint)kernel.Start, kernel.End - kernel.Start, "are the kernel's own pages");
    }

    [Theory]
    [InlineData(false, 1L << 40)]
    [InlineData(true, 1L << 36)]
    public void A_huge_mapping_of_which_little_is_there_is_flushed_without_bringing_it_in(bool isShared, long bytes)
    {
        var length = (nint)bytes;
        using var memory = isShared
            ? Mapping.MemoryFile(bytes, length)
            : Mapping.Anonymous(length, Libc.ProtRead | Libc.ProtWrite);
        nint[] touched = [memory.Address + 7, memory.Address + (length / 3), memory.Address + length - 1];
        foreach (nint address in touched) *(byte*)address = 1;

        var watch = Stopwatch.StartNew();
        ProcessorCache.FlushAndInvalidate(memory.Address, (nuint)length);

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"took {watch.Elapsed}");
        Assert.All(touched, address => Assert.Equal(1, *(byte*)address));
        Assert.False(memory.IsResident(memory.Address + (length / 2)));
    }

    [Fact]
    public void A_large_mapped_file_is_flushed_whole()
    {
        ReloadTests.RequireTimer();
        using var memory = Mapping.File(LargeBytes + 1, LargeBytes + 1, isPrivate: false);
        ProcessorCache.WriteBack(memory.Address + 1, LargeBytes);
        Reloads reloads = FlushWhole((byte*)memory.Address);
        for (int slice = 1; slice < SlicesMax && !reloads.AreSlow; slice++) reloads = FlushWhole((byte*)memory.Address);

        Assert.True(reloads.AreSlow, reloads.ToString());
    }

    /// <summary>
    /// What loads of lines all over the range take before and after its flush; few, so they stay near.
    /// </summary>
    private static Reloads FlushWhole(byte* memory)
    {
        const int Lines = 32, LineBytes = 64;
        nint[] places =
        [
            .. Enumerable.Range(0, Lines)
                .Select(static line => (nint)((long)LargeBytes * line / (Lines - 1) / LineBytes * LineBytes))
        ];
        double[] hits = [.. places.Select(place => LineTimer.Hit(memory + place))];
        ProcessorCache.FlushAndInvalidate((nint)memory, LargeBytes + 1);
        var reloads = new Reloads();
        for (int line = 0; line < Lines; line++) reloads.Add(hits[line], LineTimer.Load(memory + places[line]));
        return reloads;
    }

    [Fact]
    public void Kernels_that_cannot_bring_pages_in_are_asked_for_a_byte_of_each()
    {
        using var memory = Mapping.File(Page, 3 * Page, isPrivate: false);
        var start = (nuint)memory.Address;
        Assert.Equal(PageProbe.Answer.Readable, PageProbe.ReadEachPage(start, start + (nuint)Page));
        Assert.Equal(PageProbe.Answer.Unreadable, PageProbe.ReadEachPage(start, start + (nuint)(2 * Page)));
        Assert.Equal(PageProbe.Answer.Unreadable, PageProbe.ReadEachPage(0, (nuint)Page));
    }

    [Theory]
    [InlineData("7f0000001000-7f0000003000 rw-s 00002000 fd:01 131  /tmp/a file (deleted)", 0x7f0000001000,
        0x7f0000003000, "rw-s", "fd:01", 131, "/tmp/a file (deleted)")]
    [InlineData("00400000-00401000 ---p 00000000 00:00 0 ", 0x400000, 0x401000, "---p", "00:00", 0, "")]
    public void A_line_of_the_list_of_mappings_is_read(
        string line, long start, long end, string permissions, string device, int inode, string path) =>
        Assert.Equal(new MapEntry((nuint)start, (nuint)end, permissions, device, (ulong)inode, path),
            MapEntry.Parse(line));

    private static Action<nint, nuint>[] Calls =>
    [
        ProcessorCache.FlushAndInvalidate,
        ProcessorCache.WriteBack,
        (address, length) => ProcessorCache.Register(address, length).Dispose(),
    ];

    private static void AssertRefused(nint address, nuint length, string why)
    {
        foreach (var flush in Calls)
        {
            var error = Assert.Throws<ArgumentException>(() => flush(address, length));
            Assert.Equal("address", error.ParamName);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
    }
}
