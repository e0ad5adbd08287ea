using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;
using ReferenceFileSystem;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;
using PageFaultDispatcher = Concord.Caching.PageFaultDispatcher;

namespace Concord.Tests.Nt;

/// <summary>The routines on a file that this process has mapped, by views as programs have them.</summary>
public sealed unsafe class NtViewTests
{
    [Fact]
    [Row(5, 6)]
    public void The_coherency_routine_collects_what_a_view_wrote_and_afterwards_it_shows_the_stores_bytes()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        using var nt = NtFile.From(fixture.File);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, Pages.Bytes, [7]);
        nt.AcquireExclusive();
        Assert.Equal(
            STATUS_SUCCESS, CoherencyFixture.Raw(nt.SectionObjectPointer, null, 0, CC_FLUSH_AND_PURGE_NO_PURGE).Status);
        Assert.Equal(7, fixture.Store.Content[Pages.Bytes]);
        Assert.Equal(STATUS_SUCCESS, CoherencyFixture.Raw(nt.SectionObjectPointer, null, 0, 0).Status);
        nt.Release();
        fixture.Store.Put(Pages.Bytes, Pages.Of(9));
        Assert.Equal(9, NativeMemory.ReadByte(view, Pages.Bytes));
    }

    [Fact]
    [Row(54, 55, 56)]
    public void A_page_that_a_view_has_touched_is_not_purged_until_it_is_unmapped()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 80));
        using var nt = NtFile.From(fixture.File);
        var view = fixture.Map();
        Pages.Read(fixture.File, Pages.Range(0, 10));

        // Mapped and not touched: as with a section of which only a handle is open.
        Assert.True(Purge(nt));
        NativeMemory.ReadByte(view, 79 * Pages.Bytes);
        Assert.False(Purge(nt));
        Assert.True(Pages.IsResident(fixture.File.State, 79));
        view.Dispose();
        Assert.True(Purge(nt));
        Assert.False(Pages.IsResident(fixture.File.State, 79));
    }

    [Fact]
    [Row(100, 102, 104)]
    public void A_view_stands_against_a_cut_and_not_against_an_extension_and_is_counted_while_it_can_write()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        using var nt = NtFile.From(fixture.File);
        var pointers = nt.SectionObjectPointer;
        LARGE_INTEGER shorter = new() { QuadPart = 5 * Pages.Bytes }, longer = new() { QuadPart = 20 * Pages.Bytes };
        Assert.True(MmCanFileBeTruncated(pointers, &shorter));
        var view = fixture.Map(ViewAccess.ReadWrite, first: 6, count: 2);
        Assert.False(MmCanFileBeTruncated(pointers, &shorter));
        Assert.True(MmCanFileBeTruncated(pointers, &longer));
        Assert.Equal(1u, MmDoesFileHaveUserWritableReferences(pointers));
        Assert.False(MmFlushImageSection(pointers, MMFLUSH_TYPE.MmFlushForDelete));
        Assert.True(MmFlushImageSection(pointers, MMFLUSH_TYPE.MmFlushForWrite));
        view.Dispose();
        Assert.True(MmCanFileBeTruncated(pointers, &shorter));
        Assert.Equal(0u, MmDoesFileHaveUserWritableReferences(pointers));
    }

    [Fact]
    [Row(104)]
    public void A_view_that_can_write_is_counted_when_every_handle_that_made_it_is_closed()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        var store = new ScriptedStore(Pages.Of(1, 4));
        var file = fixture.Cache.Open(store);
        var view = file.MapView(Pages.Range(0), ViewAccess.ReadWrite);
        file.Dispose();
        using (var again = fixture.Cache.Open(store, leaveOpen: true))
        {
            using var nt = NtFile.From(again);
            Assert.Equal(1u, MmDoesFileHaveUserWritableReferences(nt.SectionObjectPointer));
            view.Dispose();
            Assert.Equal(0u, MmDoesFileHaveUserWritableReferences(nt.SectionObjectPointer));
        }
    }

    [Fact]
    [Row(105)]
    public void A_section_that_a_view_shows_is_kept_and_goes_when_the_view_does()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        using var nt = NtFile.From(fixture.File);
        var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [7]);
        Assert.False(MmForceSectionClosed(nt.SectionObjectPointer, false));
        Assert.Equal(7, NativeMemory.ReadByte(view, 0));
        view.Dispose();
        Assert.True(MmForceSectionClosed(nt.SectionObjectPointer, false));
        Assert.True(nt.SectionObjectPointer->DataSectionObject is null);
        Assert.Equal(7, fixture.Store.Content[0]);
    }

    [Fact]
    [Row(100)]
    public void A_file_system_refuses_a_cut_below_a_view_as_a_mapped_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "views need userfaultfd");
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
        using var volume = new Volume();
        using var handle = volume.Open("file");
        Assert.Equal(STATUS_SUCCESS, handle.Write(0, Pages.Of(1, 4)));
        using (handle.MapView())
        {
            Assert.Equal(STATUS_USER_MAPPED_FILE, handle.SetEndOfFile(100));
            Assert.Equal(4 * Pages.Bytes, handle.Length);
            Assert.Equal(STATUS_SUCCESS, handle.SetEndOfFile(5 * Pages.Bytes));
        }

        Assert.Equal(STATUS_SUCCESS, handle.SetEndOfFile(100));
    }

    private static bool Purge(NtFile nt)
    {
        nt.AcquireExclusive();
        bool isPurged = CcPurgeCacheSection(nt.SectionObjectPointer, null, 0, 0);
        nt.Release();
        return isPurged;
    }
}
