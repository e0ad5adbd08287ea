using Concord.Interop;
using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.Processor;
using static Concord.Nt.Ntddk;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>CcMdlRead, CcPrepareMdlWrite and what ends them; KeFlushIoBuffers.</summary>
public sealed unsafe class MdlTests
{
    [Fact]
    [Row(27, 28)]
    public void Memory_of_an_MDL_stays_where_it_is_and_goes_with_the_call_after_its_end()
    {
        using var test = new CachingFixture(pages: 4);
        MDL* mdl = Read(test, Pages.Range(1));
        byte* bytes = (byte*)MmGetSystemAddressForMdlSafe(mdl, 0);
        test.Read(0, 4 * Pages.Bytes);
        var locked = test.Inner.Call(Pages.Range(0, 3));
        CoherencyFixture.AssertIs(STATUS_CACHE_PAGE_LOCKED, 3 * Pages.Bytes, locked);
        Assert.True(NT_SUCCESS(locked.Status));
        Assert.Equal(
            [false, true, false, true], Enumerable.Range(0, 4).Select(page => Pages.IsResident(test.File.State, page)));
        Assert.Equal(Pages.Of(1), new ReadOnlySpan<byte>(bytes, Pages.Bytes));
        test.Inner.WritePage(1, 7);
        Assert.Equal(7, bytes[0]);
        CcMdlReadComplete(test.Object, mdl);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.False(Pages.IsResident(test.File.State, 1));
        Assert.Equal(7, test.Store.Content[Pages.Bytes]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Row(27, 28)]
    public void Memory_of_an_MDL_that_is_written_stays_where_it_is_and_goes_with_the_call_after_its_end(bool isResident)
    {
        using var test = new CachingFixture(pages: 4);
        if (isResident) test.Read(0, 4 * Pages.Bytes);
        MDL* mdl = Prepare(test, Pages.Range(1));
        byte* bytes = (byte*)mdl->MappedSystemVa;
        new Span<byte>(bytes, Pages.Bytes).Fill(7);
        Assert.Equal(STATUS_CACHE_PAGE_LOCKED, test.Inner.CallWhole().Status);
        Assert.Equal(7, bytes[9]);
        bytes[9] = 8;
        Complete(test, mdl);
        Assert.Equal(8, test.Read(Pages.Bytes + 9, 1)![0]);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.False(Pages.IsResident(test.File.State, 1));
        Assert.Equal((7, 8), (test.Store.Content[Pages.Bytes], test.Store.Content[Pages.Bytes + 9]));
    }

    [Fact]
    public void A_chain_has_an_MDL_for_each_view_and_describes_its_bytes()
    {
        using var test = new CachingFixture(pages: 130, capacityPages: 256);
        byte[] content = Pages.Pattern(130 * Pages.Bytes, seed: 91);
        test.Store.Put(0, content);
        MDL* chain = Read(test, new ByteRange(100, 130 * Pages.Bytes));
        long at = 100;
        int count = 0;
        for (MDL* mdl = chain; mdl is not null; mdl = mdl->Next, count++)
        {
            Assert.True(content.AsSpan((int)at, (int)mdl->ByteCount)
                .SequenceEqual(new ReadOnlySpan<byte>(mdl->MappedSystemVa, (int)mdl->ByteCount)));
            Assert.True((byte*)mdl->StartVa + mdl->ByteOffset == mdl->MappedSystemVa
                && mdl->ByteOffset < Environment.SystemPageSize);
            Assert.Equal((sizeof(MDL), MDL.MDL_MAPPED_TO_SYSTEM_VA | MDL.MDL_PAGES_LOCKED), (mdl->Size, mdl->MdlFlags));
            at += mdl->ByteCount;
        }

        Assert.Equal((content.Length, ((content.Length - 1) >> VACB_OFFSET_SHIFT) + 1), (at, count));
        Assert.False(test.Purge());
        CcMdlReadComplete(test.Object, chain);
        Assert.True(test.Purge());
        Assert.True(Read(test, Pages.Range(200)) is null);
    }

    [Fact]
    [Row(91)]
    public void What_was_prepared_and_aborted_is_not_written()
    {
        using var test = new CachingFixture(pages: 4);
        test.Read(2 * Pages.Bytes, 1);
        MDL* mdl = Prepare(test, new ByteRange(Pages.Bytes + 10, 2 * Pages.Bytes));
        new Span<byte>(mdl->MappedSystemVa, (int)mdl->ByteCount).Fill(7);
        CcMdlWriteAbort(test.Object, mdl);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Empty(test.Store.Writes);
        Assert.Equal(Pages.Of(1, 4), test.Read(0, 4 * Pages.Bytes));
    }

    [Fact]
    [Row(92)]
    public void When_writing_through_fails_the_chain_is_still_the_callers_and_a_second_try_works()
    {
        using var test = new CachingFixture(pages: 4);
        test.Object->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
        MDL* mdl = Prepare(test, Pages.Range(1));
        byte* bytes = (byte*)mdl->MappedSystemVa;
        new Span<byte>(bytes, Pages.Bytes).Fill(7);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted", 28) : null;
        Assert.Equal(STATUS_DISK_FULL, Assert.Throws<NtStatusException>(() => Complete(test, mdl)).Status);
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Equal(STATUS_DISK_FULL, Assert.Throws<NtStatusException>(() => Complete(test, mdl)).Status);

        // Its memory is still the file's, and what the holder does to it goes along.
        bytes[5] = 8;
        test.Store.Fails = static _ => null;
        Complete(test, mdl);
        Assert.Equal((7, 8), (test.Store.Content[Pages.Bytes], test.Store.Content[Pages.Bytes + 5]));
        Assert.NotEmpty(test.Store.Barriers);
        Assert.Equal(STATUS_INVALID_PARAMETER, Assert.Throws<NtStatusException>(() => Complete(test, mdl)).Status);
        Assert.True(test.Purge());
    }

    [Fact]
    public void After_a_write_through_that_failed_the_chain_may_be_aborted_and_the_bytes_stay_the_files()
    {
        using var test = new CachingFixture(pages: 4);
        test.Object->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
        MDL* mdl = Prepare(test, Pages.Range(1));
        new Span<byte>(mdl->MappedSystemVa, Pages.Bytes).Fill(7);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted", 28) : null;
        Assert.Throws<NtStatusException>(() => Complete(test, mdl));
        CcMdlWriteAbort(test.Object, mdl);
        test.Store.Fails = static _ => null;
        Assert.Equal(Pages.Of(7), test.Read(Pages.Bytes, Pages.Bytes));
        test.FlushAll();
        Assert.Equal(Pages.Of(7), test.Inner.StorePage(1));
    }

    [Fact]
    public void A_chain_ends_once_as_what_it_began_as_and_by_its_own_stream()
    {
        using var test = new CachingFixture(pages: 4);
        using var other = new CachingFixture(pages: 4);
        MDL* read = Read(test, Pages.Range(1));
        MDL nobodys = default;
        MDL* unknown = &nobodys;
        NTSTATUS[] answers =
        [
            Raised(() => CcMdlWriteAbort(test.Object, read)),
            Raised(() => Complete(test, read)),
            Raised(() => CcMdlReadComplete(other.Object, read)),
            Raised(() => CcMdlReadComplete(test.Object, unknown)),
            Raised(() => Prepare(test, Pages.Range(4))),
        ];
        Assert.All(answers, status => Assert.Equal(STATUS_INVALID_PARAMETER, status));
        CcMdlReadComplete(test.Object, read);
        CcMdlReadComplete(test.Object, null);
        test.Store.Fails = static _ => new IOException("planted", 5);
        Assert.Equal(STATUS_IO_DEVICE_ERROR, Raised(() => Read(test, Pages.Range(3))));
    }

    [Fact]
    [Row(44)]
    public void Of_a_chain_of_two_only_the_first_is_flushed()
    {
        var owner = new RecordingOwner();
        byte* pages = (byte*)(1 << 20);
        int page = Environment.SystemPageSize;
        MDL second = new() { MappedSystemVa = pages + page, ByteCount = 100 };
        MDL first = new() { MappedSystemVa = pages, ByteCount = 50, Next = &second };
        ForeignRanges.Shared.Add((nint)pages, (nuint)(2 * page), owner);
        try
        {
            FlushLines(&first, ProcessorCache.Supported);
        }
        finally
        {
            Assert.True(ForeignRanges.Shared.Remove((nint)pages));
        }

        Assert.Equal([((nint)pages, (nuint)50, true)], owner.Calls);
    }

    [Fact]
    [Row(45)]
    public void Where_devices_see_the_caches_it_does_nothing()
    {
        Assert.SkipUnless(DevicesSeeCaches, SkipPolicy.OtherProcessor + "devices do not see this one's caches");
        MDL unmapped = new() { MappedSystemVa = (void*)(1 << 16), ByteCount = 1 << 30 };

        // The first level that a process raises prepares what must not allocate later.
        Irql.Raise(Irql.PassiveLevel).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();

        // An address that nobody may touch, and more bytes than could be flushed in the time.
        using (Irql.Raise(Irql.DispatchLevel)) KeFlushIoBuffers(&unmapped, true, false);
        KeFlushIoBuffers(&unmapped, false, true);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        using var scope = Irql.Raise(Irql.HighLevel);
        var mdl = &unmapped;
        Assert.Throws<InvalidOperationException>(() => KeFlushIoBuffers(mdl, true, false));
    }

    private static MDL* Read(CachingFixture test, ByteRange range)
    {
        MDL* chain;
        IO_STATUS_BLOCK status;
        var start = new LARGE_INTEGER { QuadPart = range.Offset };
        CcMdlRead(test.Object, &start, (uint)range.Length, &chain, &status);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, range.Intersect(new ByteRange(0, test.File.Length)).Length, status);
        return chain;
    }

    private static MDL* Prepare(CachingFixture test, ByteRange range)
    {
        MDL* chain;
        IO_STATUS_BLOCK status;
        var start = new LARGE_INTEGER { QuadPart = range.Offset };
        CcPrepareMdlWrite(test.Object, &start, (uint)range.Length, &chain, &status);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, range.Length, status);
        return chain;
    }

    private static void Complete(CachingFixture test, MDL* chain)
    {
        var ignored = default(LARGE_INTEGER);
        CcMdlWriteComplete(test.Object, &ignored, chain);
    }

    private static NTSTATUS Raised(Action call) => Assert.Throws<NtStatusException>(call).Status;
}
