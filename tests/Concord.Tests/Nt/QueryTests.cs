using System.Diagnostics;
using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.SystemCache;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>What is cached, what is dirty, and the memory manager's side.</summary>
public sealed unsafe class QueryTests
{
    private const int View = 1 << VACB_OFFSET_SHIFT;

    [Fact]
    [Row(63)]
    public void A_stream_is_cached_for_every_handle_when_one_is()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        using var otherFile = test.Inner.Cache.Open(test.Store, leaveOpen: true);
        using var other = NtFile.From(otherFile);
        Assert.False(CcIsFileCached(test.Object) || CcIsFileCached(other.FileObject));
        Assert.True(CcGetFileObjectFromSectionPtrs(test.Pointers) is null);
        test.Initialize(test.Nt);
        Assert.True(CcIsFileCached(other.FileObject));
        Assert.True(other.FileObject->PrivateCacheMap is null);
        test.Initialize(other);
        Assert.True(CcGetFileObjectFromSectionPtrs(test.Pointers) == test.Object);
        CachingFixture.Uninitialize(test.Nt);
        Assert.True(CcGetFileObjectFromSectionPtrs(test.Pointers) == other.FileObject);
        CachingFixture.Uninitialize(other);
        Assert.True(CcGetFileObjectFromSectionPtrs(null) is null);
    }

    [Fact]
    [Row(98)]
    public void A_temporary_files_dirty_data_counts_only_where_it_is_asked_for()
    {
        using var test = new CachingFixture(pages: 4);
        void* volume = (void*)0x1000, elsewhere = (void*)0x2000;
        test.Object->Vpb = volume;
        test.Object->Flags |= FILE_OBJECT.FO_TEMPORARY_FILE;
        uint pages = 9;
        Assert.False(CcIsThereDirtyDataEx(volume, &pages));
        Assert.Equal(0u, pages);
        test.Write(10, Pages.Of(7));
        Assert.False(CcIsThereDirtyData(volume));
        Assert.True(CcIsThereDirtyDataEx(volume, &pages) && pages == 2);
        Assert.True(CcIsThereDirtyDataEx(volume, null));
        Assert.False(CcIsThereDirtyDataEx(elsewhere, &pages));
        test.Object->Flags = 0;
        Assert.True(CcIsThereDirtyData(volume));
        test.FlushAll();
        Assert.False(CcIsThereDirtyData(volume));
    }

    [Fact]
    [Row(99)]
    public void Flushed_valid_data_ends_where_the_first_dirty_page_begins()
    {
        using var test = new CachingFixture(pages: 2 * View / Pages.Bytes, capacityPages: 256, initialises: false);
        Assert.Equal(long.MaxValue, Flushed(test));
        test.Initialize(test.Nt);
        Assert.Equal(2 * View, Flushed(test));
        test.Write(View, [7]);
        Assert.Equal(View, Flushed(test));
        test.Write(0, [7]);
        Assert.Equal(0, Flushed(test));
        test.FlushAll();
        Assert.Equal(2 * View, Flushed(test));
        void* bcb = test.Pin(new ByteRange(View, 8), PIN_WAIT)!.Value.Bcb;
        CcSetDirtyPinnedData(bcb, null);
        Assert.Equal(View, Flushed(test));
        CcUnpinData(bcb);
        Assert.Equal(View, Flushed(test));
        test.FlushAll();
    }

    [Fact]
    [Row(99)]
    public void What_was_never_written_is_not_flushed_valid_data()
    {
        using var test = new CachingFixture(pages: 8, initialises: false);
        var sizes = CachingFixture.Sizes(8 * Pages.Bytes, 10_000);
        CcInitializeCacheMap(test.Object, &sizes, false, null, null);
        Assert.Equal(10_000, Flushed(test));
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.Equal(10_000, Flushed(test));
        test.Write(10_000, [7]);
        Assert.Equal(10_000 / Pages.Bytes * Pages.Bytes, Flushed(test));
        test.FlushAll();
        Assert.Equal(10_001, Flushed(test));

        // What came through the cache is valid, though the file system may not know it yet.
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        test.SetSizes(9 * Pages.Bytes, 500);
        Assert.Equal(10_001, Flushed(test));
        Assert.Equal([7], test.Read(10_000, 1));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(0, false)]
    [InlineData(5, true)]
    [Row(100, 102)]
    public void A_file_that_a_view_shows_cannot_be_cut_and_may_grow(int pages, bool answer)
    {
        using var test = new CachingFixture(pages: 4);
        var view = new TestSharer { IsUserView = true, Shown = static range => range.Overlaps(Pages.Range(3)) };
        test.File.Services.AddSharer(view);
        var size = new LARGE_INTEGER { QuadPart = pages * Pages.Bytes };
        Assert.Equal(answer, (bool)MmCanFileBeTruncated(test.Pointers, &size));
        Assert.False(MmCanFileBeTruncated(test.Pointers, null));
        test.File.Services.RemoveSharer(view);
        Assert.True(MmCanFileBeTruncated(test.Pointers, &size));
    }

    [Fact]
    [Row(101)]
    public void A_file_that_only_the_cache_refers_to_can_be_cut_and_one_that_runs_cannot()
    {
        using var test = new CachingFixture(pages: 4);
        test.Write(0, Pages.Of(7, 4));
        var size = new LARGE_INTEGER { QuadPart = 10 };
        Assert.True(MmCanFileBeTruncated(test.Pointers, &size));
        Assert.True(MmCanFileBeTruncated(test.Pointers, null));
        test.Pointers->ImageSectionObject = &size;
        Assert.False(MmCanFileBeTruncated(test.Pointers, &size));
        test.Pointers->ImageSectionObject = null;
        Assert.False(MmCanFileBeTruncated(null, &size));
    }

    [Fact]
    [Row(103)]
    public void A_file_that_runs_as_a_program_is_neither_written_nor_deleted()
    {
        using var test = new CachingFixture(pages: 4);
        int image = 0;
        Assert.True(MmFlushImageSection(test.Pointers, MMFLUSH_TYPE.MmFlushForWrite));
        test.Pointers->ImageSectionObject = &image;
        Assert.False(MmFlushImageSection(test.Pointers, MMFLUSH_TYPE.MmFlushForWrite));
        Assert.False(MmFlushImageSection(test.Pointers, MMFLUSH_TYPE.MmFlushForDelete));
        Assert.False(MmForceSectionClosed(test.Pointers, false));
        test.Pointers->ImageSectionObject = null;
        Assert.True(MmFlushImageSection(test.Pointers, MMFLUSH_TYPE.MmFlushForDelete));

        var view = new TestSharer { IsUserView = true, Writes = static _ => true };
        test.File.Services.AddSharer(view);
        Assert.False(MmFlushImageSection(test.Pointers, MMFLUSH_TYPE.MmFlushForDelete));
        Assert.True(MmFlushImageSection(test.Pointers, MMFLUSH_TYPE.MmFlushForWrite));
        test.File.Services.RemoveSharer(view);
    }

    [Fact]
    [Row(103)]
    public void A_program_that_a_process_runs_is_neither_written_nor_deleted_until_it_ends()
    {
        Assert.SkipUnless(SystemFile.IsSupported, SkipPolicy.OtherSystem + "the system's cache is asked on Linux");
        using var place = Place.Make(Place.Disk);
        string path = Path.Combine(place.Directory, "cat");
        System.IO.File.Copy("/bin/cat", path);
        using var nt = NtFile.Open(path);
        Assert.True(MmFlushImageSection(nt.SectionObjectPointer, MMFLUSH_TYPE.MmFlushForWrite));
        using (var program = Process.Start(
            new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true })!)
        {
            // It answers, so it runs.
            program.StandardInput.WriteLine("here");
            program.StandardInput.Flush();
            Assert.Equal("here", program.StandardOutput.ReadLine());
            Assert.False(MmFlushImageSection(nt.SectionObjectPointer, MMFLUSH_TYPE.MmFlushForWrite));
            Assert.False(MmFlushImageSection(nt.SectionObjectPointer, MMFLUSH_TYPE.MmFlushForDelete));
            Assert.False(MmCanFileBeTruncated(nt.SectionObjectPointer, null));
            program.StandardInput.Close();
            program.WaitForExit();
        }

        Assert.True(MmFlushImageSection(nt.SectionObjectPointer, MMFLUSH_TYPE.MmFlushForDelete));
        Assert.True(MmCanFileBeTruncated(nt.SectionObjectPointer, null));
    }

    [Fact]
    [Row(104)]
    public void A_view_that_can_write_is_counted_until_it_is_gone()
    {
        using var test = new CachingFixture(pages: 4, initialises: false);
        var view = new TestSharer { IsUserView = true, Writes = static range => range.Overlaps(Pages.Range(2)) };
        var reader = new TestSharer { IsUserView = true };
        Assert.Equal(0u, MmDoesFileHaveUserWritableReferences(test.Pointers));
        test.File.Services.AddSharer(view);
        test.File.Services.AddSharer(reader);
        Assert.Equal(1u, MmDoesFileHaveUserWritableReferences(test.Pointers));
        test.Initialize(test.Nt);
        MDL* chain;
        IO_STATUS_BLOCK status;
        var start = default(LARGE_INTEGER);
        CcPrepareMdlWrite(test.Object, &start, 10, &chain, &status);
        Assert.Equal(2u, MmDoesFileHaveUserWritableReferences(test.Pointers));
        CcMdlWriteAbort(test.Object, chain);
        test.File.Services.RemoveSharer(view);
        Assert.Equal(0u, MmDoesFileHaveUserWritableReferences(test.Pointers));
        test.File.Services.RemoveSharer(reader);
    }

    [Fact]
    [Row(105)]
    public void A_section_that_is_used_is_kept_and_on_request_goes_with_its_last_reference()
    {
        using var test = new CachingFixture(pages: 4);
        var view = new TestSharer { IsUserView = true };
        test.File.Services.AddSharer(view);
        test.Write(0, Pages.Of(7, 4));
        Assert.False(MmForceSectionClosed(test.Pointers, false));
        CachingFixture.Uninitialize(test.Nt);
        Assert.False(MmForceSectionClosed(test.Pointers, false));
        Assert.True(test.Pointers->DataSectionObject is not null);

        Assert.False(MmForceSectionClosed(test.Pointers, true));
        test.Store.ForgetCalls();
        Assert.Empty(test.Store.Writes);
        test.File.Services.RemoveSharer(view);
        WaitUntilClosed(test);
        Assert.Equal(Pages.Of(7, 4), test.Store.Content);
        Assert.True(MmForceSectionClosed(test.Pointers, false));

        // It comes back when it is used, and what was asked for once does not hold for the new one.
        Assert.Equal(Pages.Of(7), Pages.Read(test.File, Pages.Range(0)));
        Assert.True(test.Pointers->DataSectionObject is not null);
        Assert.True(MmForceSectionClosed(test.Pointers, false));
        Assert.True(test.Pointers->DataSectionObject is null);
    }

    [Fact]
    [Row(105)]
    public void It_goes_by_itself_with_the_last_cache_map_and_the_last_pin_and_loses_nothing()
    {
        using var test = new CachingFixture(pages: 4);
        var (bcb, _) = test.Pin(Pages.Range(1), PIN_WAIT)!.Value;
        test.Write(0, Pages.Of(7));
        Assert.False(MmForceSectionClosed(test.Pointers, true));
        CachingFixture.Uninitialize(test.Nt);
        CcUnpinData(bcb);
        WaitUntilClosed(test);
        Assert.Equal(Pages.Of(7), test.Inner.StorePage(0));
        test.Inner.WritePage(0, 8);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        Assert.False(MmForceSectionClosed(test.Pointers, false));
        Assert.True(Pages.IsDirty(test.File.State, 0));
        NtRules.Checked(() => Assert.Throws<NtPreconditionException>(() => { _ = MmForceSectionClosed(null, false); }));
    }

    private static void WaitUntilClosed(CachingFixture test)
    {
        // It happens in the background; the limit only ends a test that failed.
        var watch = Stopwatch.StartNew();
        while (Volatile.Read(ref *(nint*)&test.Pointers->DataSectionObject) != 0)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
            Thread.Yield();
        }
    }

    private static long Flushed(CachingFixture test) => CcGetFlushedValidData(test.Pointers, false).QuadPart;
}
