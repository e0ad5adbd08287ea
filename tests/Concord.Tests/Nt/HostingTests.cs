using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntddk;
using static Concord.Nt.NtHost;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>A file system that brings its own file objects, section object pointers and way to the disk.</summary>
public sealed unsafe class HostingTests : IDisposable
{
    private const int FilePages = 8;

    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });

    public void Dispose()
    {
        _cache.Dispose();
        Assert.Empty(_cache.FailedFiles);
    }

    [Fact]
    public void What_is_written_through_the_cache_is_found_by_its_own_callbacks_after_either_routine()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var file = system.Open();
        system.Write(file, Pages.Bytes, Pages.Of(7));
        Assert.Equal(1, system.Disk.Content[Pages.Bytes]);
        Assert.Equal(0, system.Disk.Writes);

        // The routine of coherency: in the store, durable, and gone from memory.
        system.AcquireMain();
        CoherencyFixture.AssertIs(STATUS_SUCCESS, Pages.Bytes,
            LittleFileSystem.FlushAndPurge(file, Pages.Bytes, Pages.Bytes, 0));
        system.ReleaseMainHere();
        Assert.Equal(Pages.Of(7), system.Disk.Content[Pages.Bytes..(2 * Pages.Bytes)]);
        Assert.True(system.Disk.Barriers > 0);
        int reads = system.Disk.Reads;
        Assert.Equal(Pages.Of(7), system.Read(file, Pages.Bytes, Pages.Bytes));
        Assert.True(system.Disk.Reads > reads);

        // The other routine: the bytes' lines are flushed from the processors' caches.
        byte[] bytes = Pages.Of(9);
        fixed (byte* memory = bytes) KeInvalidateRangeAllCaches(memory, (uint)bytes.Length);
        system.Write(file, 0, bytes);
        system.AcquireMain();
        Assert.Equal(STATUS_SUCCESS, CoherencyFixture.Raw(system.Sections, null, 0, 0).Status);
        system.ReleaseMainHere();
        Assert.Equal(bytes, system.Disk.Content[..Pages.Bytes]);
        LittleFileSystem.Close(file);
    }

    [Fact]
    public void The_section_object_pointers_are_filled_and_emptied_as_caching_begins_and_ends()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var first = system.Open();
        var second = system.Open();
        Assert.True(system.Sections->DataSectionObject is null && system.Sections->SharedCacheMap is null);
        Assert.False((bool)CcIsFileCached(first));
        system.BeginCaching(first);
        Assert.True(system.Sections->DataSectionObject is not null && system.Sections->SharedCacheMap is not null);
        Assert.True(first->PrivateCacheMap is not null && second->PrivateCacheMap is null);
        Assert.True((bool)CcIsFileCached(second));
        Assert.True(CcGetFileObjectFromSectionPtrs(system.Sections) == first);
        system.BeginCaching(second);
        Assert.False((bool)CcUninitializeCacheMap(first, null, null));
        Assert.True(first->PrivateCacheMap is null && system.Sections->SharedCacheMap is not null);
        Assert.True((bool)CcUninitializeCacheMap(second, null, null));
        Assert.True(system.Sections->SharedCacheMap is null);
        LittleFileSystem.Close(first);
        LittleFileSystem.Close(second);
        Assert.True(system.Sections->DataSectionObject is null && system.Sections->SharedCacheMap is null);
    }

    [Fact]
    public void With_an_event_what_is_dirty_is_on_the_disk_and_with_a_truncate_size_it_never_gets_there()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var file = system.Open();
        system.Write(file, 0, Pages.Of(7));
        CACHE_UNINITIALIZE_EVENT memory;
        var ended = &memory;
        KeInitializeEvent(&ended->Event, EVENT_TYPE.NotificationEvent, false);
        Assert.True((bool)CcUninitializeCacheMap(file, null, ended));
        Assert.NotEqual(0, KeReadStateEvent(&ended->Event));
        Assert.Equal(Pages.Of(7), system.Disk.Content[..Pages.Bytes]);
        KeClearEvent(&ended->Event);
        Assert.Equal(0, KeReadStateEvent(&ended->Event));

        system.Write(file, 0, Pages.Of(8));
        var zero = default(LARGE_INTEGER);
        Assert.True((bool)CcUninitializeCacheMap(file, &zero, ended));
        Assert.NotEqual(0, KeResetEvent(&ended->Event));
        LittleFileSystem.Close(file);
        Assert.Equal(Pages.Of(7), system.Disk.Content[..Pages.Bytes]);
    }

    [Fact]
    public void The_last_file_object_takes_what_is_dirty_to_the_disk_and_the_others_do_not()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var first = system.Open();
        var second = system.Open();
        system.Write(first, 0, Pages.Of(7));
        LittleFileSystem.Close(first);
        Assert.Equal(0, system.Disk.Writes);
        Assert.Equal(Pages.Of(7), system.Read(second, 0, Pages.Bytes));
        LittleFileSystem.Close(second);
        Assert.Equal(Pages.Of(7), system.Disk.Content[..Pages.Bytes]);
    }

    [Fact]
    public void A_file_object_whose_bytes_cannot_be_written_stays_attached_and_loses_nothing()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache) { Disk = { FailsWrites = true } };
        var file = system.Open();
        system.Write(file, 0, Pages.Of(7));
        Assert.Equal(STATUS_IO_DEVICE_ERROR, ConcordDetach(file));
        Assert.Equal(Pages.Of(7), system.Read(file, 0, Pages.Bytes));
        system.AcquireMain();
        Assert.Equal(STATUS_IO_DEVICE_ERROR, LittleFileSystem.FlushAndPurge(file, 0, Pages.Bytes, 0).Status);
        Assert.Equal(STATUS_POSSIBLE_DEADLOCK, ConcordDetach(file));
        system.ReleaseMainHere();
        system.Disk.FailsWrites = false;
        LittleFileSystem.Close(file);
        Assert.Equal(Pages.Of(7), system.Disk.Content[..Pages.Bytes]);
    }

    [Fact]
    public void Acquired_exclusively_means_the_control_blocks_main_resource_alone()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var file = system.Open();
        system.Write(file, 0, Pages.Of(7));
        Assert.Equal(STATUS_RESOURCE_NOT_OWNED, LittleFileSystem.FlushAndPurge(file, 0, Pages.Bytes, 0).Status);
        Assert.False((bool)CcPurgeCacheSection(system.Sections, null, 0, 0));
        FsRtlEnterFileSystem();
        Assert.True((bool)ExAcquireResourceSharedLite(&system.Fcb->Main, true));
        Assert.Equal(STATUS_RESOURCE_NOT_OWNED, LittleFileSystem.FlushAndPurge(file, 0, Pages.Bytes, 0).Status);
        ExReleaseResourceLite(&system.Fcb->Main);
        FsRtlExitFileSystem();
        Assert.Equal(0, system.Disk.Writes);
        system.AcquireMain();
        Assert.Equal(STATUS_SUCCESS, LittleFileSystem.FlushAndPurge(file, 0, Pages.Bytes, 0).Status);
        Assert.True((bool)CcPurgeCacheSection(system.Sections, null, 0, 0));
        system.ReleaseMainHere();
        LittleFileSystem.Close(file);
    }

    [Fact]
    public void Paging_IO_may_end_later_than_its_call_returns_and_once()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache) { EndsLater = true };
        var file = system.Open();
        Assert.Equal(Pages.Of(1), system.Read(file, 0, Pages.Bytes));
        system.Write(file, 0, Pages.Of(7));
        LittleFileSystem.Close(file);
        Assert.Equal(Pages.Of(7), system.Disk.Content[..Pages.Bytes]);
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordCompleteRequest((void*)1, STATUS_SUCCESS, 0));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordCompleteRequest(null, STATUS_PENDING, 0));
    }

    [Fact]
    public void Write_behind_takes_the_file_systems_lock_and_waits_while_somebody_has_it()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            MaxDirtyAge = TimeSpan.FromMilliseconds(20),
        });
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), cache);
        var file = system.Open();
        system.AcquireMain();
        system.Write(file, 0, Pages.Of(7));
        Assert.Equal((0, 0), (system.Disk.Writes, system.LazyWrites));
        system.ReleaseMainHere();
        Patience.Await(() => system.Disk.Writes > 0);
        Assert.True(system.LazyWrites > 0);
        LittleFileSystem.Close(file);
    }

    [Fact]
    public void The_file_systems_SetLength_is_told_each_size_where_it_has_one()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache, setsLength: true);
        var file = system.Open();
        system.BeginCaching(file);
        Assert.True(system.SetEndOfFile(file, 3 * Pages.Bytes + 5));
        Assert.Equal(3 * Pages.Bytes + 5, system.Disk.Content.Length);
        Assert.True(system.SetEndOfFile(file, 5 * Pages.Bytes));
        Assert.Equal(5 * Pages.Bytes, system.Disk.Content.Length);

        // What was not written since reads as zeros, whatever the disk has there.
        Assert.Equal(new byte[Pages.Bytes], system.Read(file, 4 * Pages.Bytes, Pages.Bytes));
        LittleFileSystem.Close(file);
    }

    [Fact]
    public void What_is_not_in_order_is_not_attached_and_changes_nothing()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        Assert.Equal(STATUS_ACCESS_VIOLATION, ConcordAttach(null, null, null));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordDetach(null));
        var file = system.Make();
        Assert.Equal(STATUS_ACCESS_VIOLATION, ConcordAttach(file, null, null, _cache));
        var broken = new CONCORD_STORE { Size = 3 };
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordAttach(file, &broken, null, _cache));
        broken.Size = (uint)sizeof(CONCORD_STORE);
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordAttach(file, &broken, null, _cache));
        system.Sections->DataSectionObject = file;
        Assert.Equal(STATUS_INVALID_PARAMETER, system.Attach(file));
        system.Sections->DataSectionObject = null;
        file->SectionObjectPointer = null;
        Assert.Equal(STATUS_INVALID_PARAMETER, system.Attach(file));
        file->SectionObjectPointer = system.Sections;
        Assert.Throws<NtStatusException>(() => system.BeginCaching(file));
        Assert.Equal(STATUS_SUCCESS, system.Attach(file));
        Assert.Equal(STATUS_INVALID_PARAMETER, system.Attach(file));

        // A further file object brings the same store, or none.
        var second = system.Make();
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordAttach(second, &broken, system.Fcb, _cache));
        Assert.Equal(STATUS_SUCCESS, ConcordAttach(second, null, null));
        LittleFileSystem.Close(second);
        LittleFileSystem.Close(file);
        Assert.Equal(0, system.Disk.Reads + system.Disk.Writes);
    }

    [Fact]
    public void A_write_past_the_cache_behind_the_end_in_its_page_meets_no_copy_of_that_page()
    {
        using var system = new LittleFileSystem(new byte[Pages.Bytes + 100], _cache);
        var file = system.Open();
        Assert.Equal(new byte[50], system.Read(file, Pages.Bytes, 50));
        system.WriteUncached(file, Pages.Bytes + 100, Pages.Of(7));
        Assert.Equal(Pages.Of(7), system.Read(file, Pages.Bytes + 100, Pages.Bytes));
        system.Write(file, Pages.Bytes, [9]);
        LittleFileSystem.Close(file);
        Assert.Equal(Pages.Of(7), system.Disk.Content[(Pages.Bytes + 100)..(2 * Pages.Bytes + 100)]);
    }

    [Fact]
    public void Section_object_pointers_that_are_freed_too_early_are_found_in_checked_mode_and_not_written()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var file = system.Open();
        system.Write(file, 0, Pages.Of(7));
        *system.Sections = default;
        NtRules.Checked(() =>
        {
            var error = Assert.Throws<NtPreconditionException>(() => CcFlushCache(system.Sections, null, 0, null));
            Assert.Contains("overwritten or freed", error.Message, StringComparison.Ordinal);
            Assert.Throws<NtPreconditionException>(() => system.BeginCaching(file));
        });
        LittleFileSystem.Close(file);
        Assert.True(system.Sections->DataSectionObject is null);
        Assert.Equal(Pages.Of(7), system.Disk.Content[..Pages.Bytes]);
    }

    [Fact]
    public void A_file_object_that_is_overwritten_is_found_in_checked_mode()
    {
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var file = system.Open();
        system.BeginCaching(file);
        var former = file->PrivateCacheMap;
        file->PrivateCacheMap = null;
        NtRules.Checked(() =>
        {
            var error = Assert.Throws<NtPreconditionException>(() => system.BeginCaching(file));
            Assert.Contains("overwritten or freed", error.Message, StringComparison.Ordinal);
        });
        file->PrivateCacheMap = former;
        LittleFileSystem.Close(file);
    }

    [Fact]
    public void A_file_by_its_path_may_be_what_a_file_system_hosts()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var system = new LittleFileSystem(Pages.Of(1, FilePages), _cache);
        var file = system.Make();
        var second = system.Make();
        Assert.Equal(STATUS_SUCCESS,
            ConcordAttachFile(file, () => _cache.Open(store, FileShare.ReadWrite, leaveOpen: true)));
        Assert.Equal(STATUS_INVALID_PARAMETER, ConcordAttachFile(second, () => _cache.Open(new MemoryStore())));
        Assert.Equal(STATUS_INVALID_PARAMETER, system.Attach(second));
        system.Write(file, 0, Pages.Of(7));
        LittleFileSystem.Close(file);
        LittleFileSystem.Free(second);
        Assert.Equal(Pages.Of(7), store.Content[..Pages.Bytes]);
    }
}
