using Concord.Interop.Linux;
using Concord.Memory;
using Concord.Tests.Stores;

namespace Concord.Tests.Memory;

public sealed class SectionTests
{
    private static readonly long Window = Section.WindowBytesMin;

    [Fact]
    public void A_shared_section_is_closed_on_exec_not_inherited_and_never_of_huge_pages()
    {
        ProcessSections.RequireLinux();
        var before = ProcessSections.Descriptors();
        using var section = SectionFactory.Create(SectionKind.Shared);
        _ = section.AddressOf(0);
        string descriptor = Assert.Single(ProcessSections.Descriptors().Except(before));
        string flags = File.ReadLines(descriptor.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal))
            .Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
        Assert.NotEqual(0, Convert.ToInt64(flags["flags:".Length..].Trim(), 8) & Libc.OpenCloseOnExec);
        var mappings = ProcessSections.Flags("/memfd:concord section");
        Assert.NotEmpty(mappings);
        Assert.All(mappings, mapping =>
        {
            Assert.Contains(" dc ", mapping, StringComparison.Ordinal);
            Assert.Contains(" nh ", mapping, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_private_section_is_not_inherited_and_never_of_huge_pages()
    {
        ProcessSections.RequireLinux();
        using var section = SectionFactory.Create(SectionKind.Private);
        Assert.IsType<PrivateSection>(section);
        string start = section.AddressOf(0).ToString("x", null);
        string flags = Assert.Single(ProcessSections.Flags($"{start}-"));
        Assert.Contains(" dc ", flags, StringComparison.Ordinal);
        Assert.Contains(" nh ", flags, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kind_can_be_chosen()
    {
        using var section = SectionFactory.Create(SectionKind.Automatic);
        Assert.Equal(OperatingSystem.IsLinux(), section is SharedSection);
        if (OperatingSystem.IsLinux()) return;
        Assert.Throws<PlatformNotSupportedException>(() => SectionFactory.Create(SectionKind.Shared));
    }

    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Automatic)]
    public unsafe void A_section_grows_by_windows_and_never_moves(SectionKind kind)
    {
        using var section = SectionFactory.Create(kind);
        nint first = section.AddressOf(4096);
        Open(section, 0);
        section.Back(new ByteRange(4096, 4096));
        *(long*)first = 42;
        nint far = section.AddressOf(5 * Window);
        Assert.Equal(first, section.AddressOf(4096));
        Assert.Equal(42, *(long*)first);
        Assert.Equal(far + 4096, section.AddressOf((5 * Window) + 4096));
        Assert.True(section.IsContiguous(new ByteRange(5 * Window, 1 << 20)));
        Assert.True(section.IsContiguous(new ByteRange(100, 0)));
    }

    [Theory]
    [InlineData(SectionKind.Private)]
    [InlineData(SectionKind.Automatic)]
    public unsafe void Memory_given_back_leaves_the_process_and_is_zeros_when_touched_again(SectionKind kind)
    {
        const int Pages = 512;
        using var section = SectionFactory.Create(kind);
        long bytes = (long)Pages * PageGeometry.PageBytes;
        section.Back(new ByteRange(0, bytes));
        nint address = section.AddressOf(0);
        Open(section, 0);
        new Span<byte>((void*)address, (int)bytes).Fill(1);
        if (OperatingSystem.IsLinux()) Assert.Equal(Pages, Resident(address, Pages));

        section.GiveBack(new ByteRange(0, bytes / 2));
        if (OperatingSystem.IsLinux()) Assert.Equal(Pages / 2, Resident(address, Pages));
        section.Back(new ByteRange(0, bytes / 2));
        Assert.Equal(0, *(byte*)address);
        Assert.Equal(1, *((byte*)address + bytes - 1));
    }

    [Fact]
    public unsafe void An_alias_shows_the_pages_of_two_windows_in_one_piece()
    {
        ProcessSections.RequireLinux();
        using var section = SectionFactory.Create(SectionKind.Shared);
        _ = section.AddressOf(0);
        _ = section.AddressOf(Window);
        Open(section, Window - BlockGuard.BlockBytes);
        Open(section, Window);
        *(long*)section.AddressOf(Window - 8) = 1;
        *(long*)section.AddressOf(Window) = 2;
        int before = ProcessSections.Mappings();
        using (var alias = section.Alias(new ByteRange(Window - 8, 16)))
        {
            Assert.Equal(1, *(long*)alias.Address);
            Assert.Equal(2, *((long*)alias.Address + 1));
            *(long*)alias.Address = 3;
            Assert.Equal(3, *(long*)section.AddressOf(Window - 8));
        }

        Assert.Equal(before, ProcessSections.Mappings());
    }

    /// <summary>Lets the block that begins here be touched, as an extent's memory does.</summary>
    private static void Open(Section section, long block)
    {
        lock (section.GuardGate) section.OpenBlockLocked(new ByteRange(block, BlockGuard.BlockBytes), mappings: 0);
    }

    private static unsafe int Resident(nint address, int pages)
    {
        byte[] resident = new byte[pages];
        fixed (byte* first = resident)
        {
            if (Libc.Mincore(address, pages * PageGeometry.PageBytes, first) != 0)
                throw Libc.LastError("ask which pages are there");
        }

        return resident.Count(static page => (page & 1) != 0);
    }
}
