using System.Runtime.InteropServices;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>The NT types have the layouts and values that drivers are compiled against.</summary>
public sealed unsafe class NtTypeTests
{
    [Fact]
    public void Structures_have_their_layouts()
    {
        int pointer = sizeof(nint);
        Assert.Equal(3 * pointer, sizeof(SECTION_OBJECT_POINTERS));
        Assert.Equal(2 * pointer, sizeof(IO_STATUS_BLOCK));
        Assert.Equal(pointer, (int)Marshal.OffsetOf<IO_STATUS_BLOCK>(nameof(IO_STATUS_BLOCK.Information)));
        Assert.Equal(8, sizeof(LARGE_INTEGER));
        Assert.Equal(4, sizeof(NTSTATUS));
        Assert.Equal(5 * pointer, (int)Marshal.OffsetOf<FILE_OBJECT>(nameof(FILE_OBJECT.SectionObjectPointer)));
        var pointers = default(SECTION_OBJECT_POINTERS);
        Assert.Equal(2 * pointer, (byte*)&pointers.ImageSectionObject - (byte*)&pointers);
    }

    [Fact]
    public void A_large_integer_is_its_halves_and_a_status_shares_the_pointer()
    {
        var number = new LARGE_INTEGER { LowPart = 0xFFFFFFFF, HighPart = 1 };
        Assert.Equal(0x1_FFFF_FFFFL, number.QuadPart);
        var block = new IO_STATUS_BLOCK { Pointer = (void*)0x115 };
        Assert.Equal(STATUS_CACHE_PAGE_LOCKED, block.Status);
    }

    [Fact]
    public void Statuses_have_the_values_of_the_error_reference()
    {
        Dictionary<string, uint> expected = new()
        {
            [nameof(STATUS_SUCCESS)] = 0,
            [nameof(STATUS_CACHE_PAGE_LOCKED)] = 0x00000115,
            [nameof(STATUS_TIMEOUT)] = 0x00000102,
            [nameof(STATUS_PENDING)] = 0x00000103,
            [nameof(STATUS_ABANDONED)] = 0x00000080,
            [nameof(STATUS_ACCESS_VIOLATION)] = 0xC0000005,
            [nameof(STATUS_INVALID_PARAMETER)] = 0xC000000D,
            [nameof(STATUS_END_OF_FILE)] = 0xC0000011,
            [nameof(STATUS_SHARING_VIOLATION)] = 0xC0000043,
            [nameof(STATUS_INVALID_USER_BUFFER)] = 0xC00000E8,
            [nameof(STATUS_USER_MAPPED_FILE)] = 0xC0000243,
            [nameof(STATUS_PURGE_FAILED)] = 0xC0000435,
            [nameof(STATUS_OBJECT_NAME_NOT_FOUND)] = 0xC0000034,
            [nameof(STATUS_POSSIBLE_DEADLOCK)] = 0xC0000194,
            [nameof(STATUS_RESOURCE_IN_USE)] = 0xC0000708,
            [nameof(STATUS_ACCESS_DENIED)] = 0xC0000022,
            [nameof(STATUS_DISK_FULL)] = 0xC000007F,
            [nameof(STATUS_INSUFFICIENT_RESOURCES)] = 0xC000009A,
            [nameof(STATUS_MEDIA_WRITE_PROTECTED)] = 0xC00000A2,
            [nameof(STATUS_NOT_SUPPORTED)] = 0xC00000BB,
            [nameof(STATUS_CANT_WAIT)] = 0xC00000D8,
            [nameof(STATUS_INTERNAL_ERROR)] = 0xC00000E5,
            [nameof(STATUS_UNEXPECTED_IO_ERROR)] = 0xC00000E9,
            [nameof(STATUS_CANCELLED)] = 0xC0000120,
            [nameof(STATUS_FILE_CLOSED)] = 0xC0000128,
            [nameof(STATUS_IO_DEVICE_ERROR)] = 0xC0000185,
            [nameof(STATUS_RESOURCE_NOT_OWNED)] = 0xC0000264,
            [nameof(STATUS_DISK_QUOTA_EXCEEDED)] = 0xC0000802,
            [nameof(STATUS_FILE_TOO_LARGE)] = 0xC0000904,
        };
        var found = typeof(NTSTATUS).GetProperties().Where(property => property.GetMethod!.IsStatic)
            .ToDictionary(property => property.Name, property => ((NTSTATUS)property.GetValue(null)!).Value);
        Assert.Equal(expected, found);
        Assert.All(found, value => Assert.Equal(value.Value < 0x80000000, NT_SUCCESS(new NTSTATUS(value.Value))));
        Assert.Equal("STATUS_CACHE_PAGE_LOCKED (0x00000115)", STATUS_CACHE_PAGE_LOCKED.ToString());
        Assert.Equal("0x80000005", new NTSTATUS(0x80000005).ToString());
    }

    [Fact]
    public void Flags_have_their_values_and_are_the_librarys_own()
    {
        Assert.Equal(1u, CC_FLUSH_AND_PURGE_NO_PURGE);
        Assert.Equal(2u, CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS);
        Assert.Equal(4u, CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN);
        Assert.Equal((uint)CoherencyOptions.NoPurge, CC_FLUSH_AND_PURGE_NO_PURGE);
        Assert.Equal((uint)CoherencyOptions.ViewsNotSeen, CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN);
    }

    [Fact]
    public void The_other_routines_values_are_those_of_the_originals()
    {
        Assert.Equal([1u, 2u, 4u, 8u],
            [UNINITIALIZE_CACHE_MAPS, DO_NOT_RETRY_PURGE, DO_NOT_PURGE_DIRTY_PAGES, PURGE_WITH_ACTIVE_VIEWS]);
        Assert.Equal([1u, 2u, 4u, 8u], [PIN_WAIT, PIN_EXCLUSIVE, PIN_NO_READ, PIN_IF_BCB]);
        Assert.Equal(
            [1u, 0x10u, 0x40u, 0x100u], [MAP_WAIT, MAP_NO_READ, MAP_HIGH_PRIORITY, MAP_DISABLE_PAGEFAULT_CLUSTERING]);
        Assert.Equal([0x20u, 0x40u, 0x80u], [PIN_CALLER_TRACKS_DIRTY_DATA, PIN_HIGH_PRIORITY, PIN_VERIFY_REQUIRED]);
        Assert.Equal((262144u, 18, 0x2FD), (VACB_MAPPING_GRANULARITY, VACB_OFFSET_SHIFT, PUBLIC_BCB.CACHE_NTC_BCB));
        Assert.Equal((0x10u, 0x8000u), (FILE_OBJECT.FO_WRITE_THROUGH, FILE_OBJECT.FO_TEMPORARY_FILE));
        Assert.Equal((0, 1), ((int)MMFLUSH_TYPE.MmFlushForDelete, (int)MMFLUSH_TYPE.MmFlushForWrite));
        Assert.Equal((0, 1), ((int)EVENT_TYPE.NotificationEvent, (int)EVENT_TYPE.SynchronizationEvent));
        Assert.True((bool)BOOLEAN.TRUE && new BOOLEAN(0x80) && !BOOLEAN.FALSE);
        Assert.Equal("TRUE FALSE", $"{(BOOLEAN)true} {(BOOLEAN)false}");
    }

    [Fact]
    public void The_other_structures_have_their_layouts_on_64_bits()
    {
        Assert.SkipUnless(sizeof(nint) == 8, SkipPolicy.OtherProcessor + "layouts of 64-bit processors");
        Assert.Equal((1, 24, 24, 32, 48, 16), (sizeof(BOOLEAN), sizeof(CC_FILE_SIZES), sizeof(KEVENT),
            sizeof(CACHE_UNINITIALIZE_EVENT), sizeof(MDL), sizeof(PUBLIC_BCB)));
        Assert.Equal(4 * sizeof(nint), sizeof(CACHE_MANAGER_CALLBACKS));
        Assert.Equal(
            [8, 10, 16, 24, 32, 40, 44],
            new[] { "Size", "MdlFlags", "Process", "MappedSystemVa", "StartVa", "ByteCount", "ByteOffset" }
                .Select(name => (int)Marshal.OffsetOf<MDL>(name)));
        Assert.Equal(
            [0x30, 0x38, 0x40, 0x48, 0x4F, 0x50],
            new[] { "PrivateCacheMap", "FinalStatus", "RelatedFileObject", "LockOperation", "SharedDelete", "Flags" }
                .Select(name => (int)Marshal.OffsetOf<FILE_OBJECT>(name)));
        Assert.Equal(4, (int)Marshal.OffsetOf<KEVENT>("SignalState"));
    }

    [Fact]
    [Row(29)]
    public void The_image_slot_is_the_callers()
    {
        using var test = new CoherencyFixture(pages: 4);
        int image = 0;
        test.Nt.SectionObjectPointer->ImageSectionObject = &image;
        test.WritePage(1, 7);
        Assert.Equal(STATUS_SUCCESS, test.CallWhole().Status);
        test.File.SetLength(0);
        Assert.Equal(STATUS_SUCCESS, test.CallWhole().Status);
        Assert.True(test.Nt.SectionObjectPointer->ImageSectionObject == &image);
    }

    [Fact]
    [Row(30)]
    public void A_summary_tells_a_locked_page_from_success()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        using (test.File.Lease(Pages.Range(1)))
        {
            var locked = test.CallWhole();
            Assert.StartsWith("flushed, not invalidated: STATUS_CACHE_PAGE_LOCKED", locked.ToString(),
                StringComparison.Ordinal);
            Assert.True(NT_SUCCESS(locked.Status));
            Assert.Equal(CoherencyOutcome.FlushedNotInvalidated, locked.Outcome);
        }

        var done = test.CallWhole();
        Assert.StartsWith("flushed and invalidated as asked", done.ToString(), StringComparison.Ordinal);
        Assert.Equal(CoherencyOutcome.Done, done.Outcome);
        test.WritePage(1, 8);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted", 28) : null;
        var failed = test.CallWhole();
        Assert.StartsWith("failed: STATUS_DISK_FULL", failed.ToString(), StringComparison.Ordinal);
        Assert.Equal(CoherencyOutcome.Failed, failed.Outcome);
    }
}
