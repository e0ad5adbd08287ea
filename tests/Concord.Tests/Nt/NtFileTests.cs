using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.SystemCache;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>NT handles of files: what they share, and whose the lock is.</summary>
public sealed unsafe class NtFileTests
{
    [Fact]
    public void All_handles_of_a_stream_share_one_structure_and_handles_of_another_have_their_own()
    {
        using var test = new CoherencyFixture(pages: 4);
        using var secondHandle = test.Cache.Open(test.Store, leaveOpen: true);
        using var second = NtFile.From(secondHandle);
        using var otherFile = test.Cache.Open(new ScriptedStore());
        using var other = NtFile.From(otherFile);

        Assert.True(test.Nt.SectionObjectPointer == second.SectionObjectPointer);
        Assert.True(test.Nt.FileObject != second.FileObject);
        Assert.True(test.Nt.SectionObjectPointer != other.SectionObjectPointer);
        Assert.Equal(FILE_OBJECT.IO_TYPE_FILE, second.FileObject->Type);
        Assert.Equal(sizeof(FILE_OBJECT), second.FileObject->Size);
    }

    [Fact]
    public void The_structure_lives_until_its_last_handle()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.WritePage(1, 7);
        var second = NtFile.From(test.File);
        var pointers = second.SectionObjectPointer;
        second.Dispose();
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)second.FileObject);
        Assert.Throws<ObjectDisposedException>(second.AcquireExclusive);
        Assert.Throws<ObjectDisposedException>(second.AcquireShared);
        Assert.True(pointers == test.Nt.SectionObjectPointer);
        Assert.Equal(STATUS_SUCCESS, test.CallWhole().Status);
    }

    [Fact]
    public void The_last_handle_does_not_go_while_the_stream_is_acquired()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.Nt.AcquireExclusive();
        Assert.Throws<InvalidOperationException>(test.Nt.Dispose);
        test.Nt.Release();
        Assert.True(test.Nt.SectionObjectPointer is not null);
    }

    [Fact]
    public void It_is_acquired_again_by_the_thread_that_has_it_and_released_as_often()
    {
        using var test = new CoherencyFixture(pages: 4);
        using var second = NtFile.From(test.File);
        test.WritePage(1, 7);
        test.Nt.AcquireExclusive();
        second.AcquireExclusive();
        second.AcquireShared();
        second.Release();
        second.Release();
        Assert.True(test.Nt.IsAcquiredExclusively);
        Assert.Equal(STATUS_SUCCESS, CoherencyFixture.Raw(test.Nt.SectionObjectPointer, null, 0, 0).Status);
        test.Nt.Release();
        Assert.False(second.IsAcquiredExclusively);
        Assert.Equal(STATUS_RESOURCE_NOT_OWNED, CoherencyFixture.Raw(test.Nt.SectionObjectPointer, null, 0, 0).Status);
        Assert.Throws<InvalidOperationException>(test.Nt.Release);
    }

    [Fact]
    public void Shared_does_not_become_exclusive()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.Nt.AcquireShared();
        test.Nt.AcquireShared();
        Assert.Throws<InvalidOperationException>(test.Nt.AcquireExclusive);
        test.Nt.Release();
        test.Nt.Release();
        test.Nt.AcquireExclusive();
        test.Nt.Release();
    }

    [Fact]
    public void While_it_is_acquired_others_wait_and_the_owner_goes_on_through_the_hold()
    {
        using var test = new CoherencyFixture(pages: 4);
        using var done = new ManualResetEventSlim();
        Assert.Throws<InvalidOperationException>(() => test.Nt.Held);
        test.Nt.AcquireExclusive();
        var other = new Thread(() =>
        {
            test.WritePage(1, 9);
            done.Set();
        });
        other.Start();
        test.Nt.Held.Write(Pages.Bytes, Pages.Of(7));
        Assert.Equal(Pages.Of(7), Pages.Read(test.Nt.Held, Pages.Range(1)));
        Assert.False(done.IsSet);
        test.Nt.Release();
        other.Join();
        Assert.Equal(Pages.Of(9), Pages.Read(test.File, Pages.Range(1)));
    }

    [Fact]
    public void A_thread_that_wants_it_alone_waits_for_those_that_share_it()
    {
        using var test = new CoherencyFixture(pages: 4);
        test.Nt.AcquireShared();
        bool acquired = false;
        var other = new Thread(() =>
        {
            test.Nt.AcquireExclusive();
            Volatile.Write(ref acquired, true);
            test.Nt.Release();
        });
        var sharer = new Thread(() =>
        {
            test.Nt.AcquireShared();
            test.Nt.Release();
        });
        other.Start();
        sharer.Start();
        Assert.False(Volatile.Read(ref acquired));
        test.Nt.Release();
        other.Join();
        sharer.Join();
        Assert.True(acquired);
    }

    [Fact]
    public void A_file_that_was_closed_cannot_be_acquired()
    {
        using var test = new CoherencyFixture(pages: 4);
        using var handle = test.Cache.Open(test.Store, leaveOpen: true);
        using var nt = NtFile.From(handle);
        handle.Close();
        Assert.Throws<ObjectDisposedException>(nt.AcquireExclusive);
        Assert.False(nt.IsAcquiredExclusively);
        Assert.Equal(STATUS_SUCCESS, test.CallWhole().Status);
    }

    [Fact]
    public void On_the_systems_cache_the_routine_writes_back_and_drops()
    {
        using var place = Place.Make(Place.Disk);
        string path = place.WriteFile(pages: 16);
        using var system = SystemFile.Open(path);
        using var first = NtFile.Open(path);
        using var second = NtFile.Open(path);
        Assert.True(first.SectionObjectPointer == second.SectionObjectPointer);
        Assert.True(first.SectionObjectPointer->DataSectionObject is not null);
        Assert.Equal(STATUS_RESOURCE_NOT_OWNED, CoherencyFixture.Raw(first.SectionObjectPointer, null, 0, 0).Status);

        first.AcquireExclusive();
        var kept = CoherencyFixture.Raw(second.SectionObjectPointer, null, 0, Ntifs.CC_FLUSH_AND_PURGE_NO_PURGE);
        long? residentBefore = system.Query(ResidencyDetail.Counts).Resident;
        var start = new LARGE_INTEGER { QuadPart = 4096 };
        var part = CoherencyFixture.Raw(second.SectionObjectPointer, &start, 4096, 0);
        var purged = CoherencyFixture.Raw(second.SectionObjectPointer, null, 0, 0);
        long? residentAfter = system.Query(ResidencyDetail.Counts).Resident;
        first.Release();

        CoherencyFixture.AssertIs(STATUS_SUCCESS, system.Length, kept);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, 4096, part);
        CoherencyFixture.AssertIs(STATUS_SUCCESS, system.Length, purged);
        Assert.Equal((16L * 4096 / Environment.SystemPageSize, 0L), (residentBefore, residentAfter));
        Assert.Equal(Place.Contents(16), File.ReadAllBytes(path));
    }

    [Fact]
    public void Where_the_system_does_not_say_whether_pages_went_the_status_is_that_of_a_locked_page()
    {
        using var nt = NtFile.From(new OtherCacheFile());
        nt.AcquireExclusive();
        CoherencyFixture.AssertIs(
            STATUS_CACHE_PAGE_LOCKED, 12, CoherencyFixture.Raw(nt.SectionObjectPointer, null, 0, 0));
        nt.Release();
    }
}
