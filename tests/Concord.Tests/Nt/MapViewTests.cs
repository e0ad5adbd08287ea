using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;
using static Concord.Nt.NtHost;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;
using PageFaultDispatcher = Concord.Caching.PageFaultDispatcher;

namespace Concord.Tests.Nt;

/// <summary>Views that are mapped through file objects, a file system's own ones too.</summary>
public sealed unsafe class MapViewTests : IDisposable
{
    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    public void Dispose() => _cache.Dispose();

    [Fact]
    [Row(5, 6, 12)]
    public void A_view_of_a_file_systems_stream_is_collected_and_invalidated_by_the_coherency_routine()
    {
        NeedViews();
        using var system = new LittleFileSystem(Pages.Of(1, 4), _cache);
        var file = system.Open();
        void* address;
        Assert.Equal(STATUS_SUCCESS, ConcordMapView(file, null, 0, CONCORD_VIEW_WRITABLE, &address));
        Write(address, Pages.Bytes, 7);

        // The caller says that there is no view, which is not true: nothing is lost by it.
        system.AcquireMain();
        Assert.Equal(STATUS_SUCCESS, LittleFileSystem.FlushAndPurge(
            file, 0, 4 * Pages.Bytes, CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN).Status);
        Assert.Equal(7, system.Disk.Content[Pages.Bytes]);
        Assert.Equal(STATUS_SUCCESS, LittleFileSystem.FlushAndPurge(file, 0, 4 * Pages.Bytes, 0).Status);
        system.Disk.Write(Pages.Bytes, [9]);
        system.ReleaseMainHere();
        Assert.Equal(9, NativeMemory.Read((nint)address + Pages.Bytes, 1)[0]);
        Assert.Equal(1u, MmDoesFileHaveUserWritableReferences(file->SectionObjectPointer));

        // The last file object stays while a view is there.
        CcUninitializeCacheMap(file, null, null);
        Assert.Equal(STATUS_RESOURCE_IN_USE, ConcordDetach(file));
        Write(address, 0, 5);
        Assert.Equal(STATUS_SUCCESS, ConcordUnmapView(address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordUnmapView(address));
        Assert.Equal(STATUS_SUCCESS, ConcordDetach(file));
        Assert.Equal(5, system.Disk.Content[0]);
    }

    [Fact]
    public void A_private_view_keeps_what_is_written_to_it_and_a_part_is_a_part()
    {
        NeedViews();
        using var test = new CachingFixture(pages: 4);
        Assert.True(test.Write(Pages.Bytes + 10, [8]));
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes + 10 };
        void* address;
        Assert.Equal(STATUS_SUCCESS, ConcordMapView(test.Object, &start, 100, CONCORD_VIEW_PRIVATE, &address));
        Assert.Equal(8, NativeMemory.Read((nint)address, 1)[0]);
        Write(address, 1, 6);
        Assert.Equal([8, 1], test.Read(Pages.Bytes + 10, 2)!);
        Assert.Equal(STATUS_SUCCESS, ConcordUnmapView(address));
    }

    [Fact]
    public void A_gap_in_which_a_view_may_have_written_is_left_to_the_file_system()
    {
        NeedViews();
        using var system = new LittleFileSystem(Pages.Of(1, 2), _cache);
        var file = system.Open();
        system.BeginCaching(file);
        Assert.True(system.SetEndOfFile(file, 4 * Pages.Bytes));
        void* address;
        Assert.Equal(STATUS_SUCCESS, ConcordMapView(file, null, 0, CONCORD_VIEW_WRITABLE, &address));
        Write(address, 2 * Pages.Bytes + 100, 7);
        Assert.False(FastWrite(file, 2 * Pages.Bytes + 200));

        // The view is gone, and what it wrote is in the cache alone.
        Assert.Equal(STATUS_SUCCESS, ConcordUnmapView(address));
        Assert.False(FastWrite(file, 2 * Pages.Bytes + 200));
        Assert.True(FastWrite(file, 2 * Pages.Bytes - 100));
        Assert.Equal(7, system.Read(file, 2 * Pages.Bytes + 100, 1)[0]);
        Assert.Equal(2 * Pages.Bytes, system.Fcb->Header.ValidDataLength.QuadPart);
        LittleFileSystem.Close(file);
    }

    [Fact]
    public void What_cannot_be_mapped_is_refused_with_a_reason()
    {
        using var test = new CachingFixture(pages: 4);
        void* address = (void*)1;
        LARGE_INTEGER negative = new() { QuadPart = -1 }, behind = new() { QuadPart = 4 * Pages.Bytes };
        Assert.Equal(STATUS_ACCESS_VIOLATION, ConcordMapView(test.Object, null, 0, 0, null));
        Assert.Equal(STATUS_ACCESS_VIOLATION, ConcordMapView(null, null, 0, 0, &address));
        Assert.True(address is null);
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordMapView(test.Object, &negative, 1, 0, &address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordMapView(test.Object, &behind, 0, 0, &address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordMapView(test.Object, &behind, 1, 0, &address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordMapView(test.Object, null, nuint.MaxValue, 0, &address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordMapView(test.Object, null, 1, 3, &address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordMapView(test.Object, null, 1, 4, &address));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordUnmapView(null));
        NtRules.Checked(() => Assert.Throws<NtPreconditionException>(() => ConcordUnmapView(null)));
    }

    [Fact]
    public void A_view_is_refused_while_pages_are_prepared_unseen_and_beside_one_no_page_is_unseen()
    {
        NeedViews();
        using var test = new CachingFixture(pages: 2);
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes };
        MDL* chain;
        IO_STATUS_BLOCK status;
        void* address;
        CcPrepareMdlWrite(test.Object, &start, (uint)Pages.Bytes, &chain, &status);
        Assert.Equal(STATUS_RESOURCE_IN_USE, ConcordMapView(test.Object, null, 0, 0, &address));
        CcMdlWriteAbort(test.Object, chain);

        // The other way round the thread sees in its view what it has put into the MDL, and waits for nothing.
        Assert.Equal(STATUS_SUCCESS, ConcordMapView(test.Object, null, 0, 0, &address));
        CcPrepareMdlWrite(test.Object, &start, (uint)Pages.Bytes, &chain, &status);
        *(byte*)chain->MappedSystemVa = 7;
        Assert.Equal(7, NativeMemory.Read((nint)address + Pages.Bytes, 1)[0]);
        CcMdlWriteComplete(test.Object, &start, chain);
        Assert.Equal(STATUS_SUCCESS, ConcordUnmapView(address));
    }

    private static bool FastWrite(FILE_OBJECT* file, long offset)
    {
        var start = new LARGE_INTEGER { QuadPart = offset };
        IO_STATUS_BLOCK status;
        byte value = 9;
        return (bool)FsRtlCopyWrite(file, &start, 1, true, 0, &value, &status, null);
    }

    private static void NeedViews()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "views need userfaultfd");
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
    }

    private static void Write(void* view, long offset, byte value) =>
        NativeMemory.Write((nint)view + (nint)offset, [value]);
}
