using System.Runtime.InteropServices;
using Concord.Nt;
using Concord.Nt.Native;
using static Concord.Nt.Ntddk;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>Executive resources, sentence by sentence.</summary>
public sealed unsafe class ResourceTests : IDisposable
{
    private readonly ERESOURCE* _resource = (ERESOURCE*)NativeMemory.Alloc((nuint)sizeof(ERESOURCE));

    public ResourceTests()
    {
        Assert.Equal(STATUS_SUCCESS, ExInitializeResourceLite(_resource));
        FsRtlEnterFileSystem();
    }

    public void Dispose()
    {
        FsRtlExitFileSystem();
        Assert.Equal(STATUS_SUCCESS, ExDeleteResourceLite(_resource));
        NativeMemory.Free(_resource);
    }

    [Fact]
    public void One_that_nobody_has_is_granted_at_once_and_the_same_way_again_to_the_thread_that_has_it()
    {
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));

        // Sharing it does not make the thread's exclusive access a shared one.
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.Equal((true, 3u), ((bool)ExIsResourceAcquiredExclusiveLite(_resource),
            ExIsResourceAcquiredSharedLite(_resource)));
        Release(times: 3);
        Assert.Equal((false, 0u), ((bool)ExIsResourceAcquiredExclusiveLite(_resource),
            ExIsResourceAcquiredSharedLite(_resource)));
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.Equal((false, 2u), ((bool)ExIsResourceAcquiredExclusiveLite(_resource),
            ExIsResourceAcquiredSharedLite(_resource)));
        Release(times: 2);
    }

    [Fact]
    public void Shared_by_one_it_is_granted_to_sharers_and_not_to_who_wants_it_alone()
    {
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.Equal((true, false), Elsewhere(() => (Try(ResourceAccess.Shared, releases: true),
            Try(ResourceAccess.Exclusive, releases: true))));

        // The thread itself would wait for itself, and is told so.
        Assert.False((bool)ExAcquireResourceExclusiveLite(_resource, true));
        Release(times: 1);
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        Assert.Equal((false, false), Elsewhere(() => (Try(ResourceAccess.Shared, releases: true),
            Try(ResourceAccess.SharedStarveExclusive, releases: true))));
        Release(times: 1);
    }

    [Fact]
    public void Who_waits_for_it_alone_goes_before_sharers_that_come_later_unless_they_starve_him()
    {
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        bool hadIt = false;
        var writer = new Thread(() =>
        {
            FsRtlEnterFileSystem();
            hadIt = ExAcquireResourceExclusiveLite(_resource, true);
            ExReleaseResourceLite(_resource);
            FsRtlExitFileSystem();
        });
        writer.Start();
        Patience.Await(() => ExGetExclusiveWaiterCount(_resource) == 1);
        Assert.Equal((false, false, true), Elsewhere(() => (
            Try(ResourceAccess.Shared, releases: true), Try(ResourceAccess.SharedWaitForExclusive, releases: true),
            Try(ResourceAccess.SharedStarveExclusive, releases: true))));

        // A thread that has it already shares it once more, except where it asks to wait for who wants it alone.
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.False((bool)ExAcquireSharedWaitForExclusive(_resource, false));
        Assert.False((bool)ExAcquireSharedWaitForExclusive(_resource, true));
        Release(times: 2);
        writer.Join();
        Assert.True(hadIt);
        Assert.Equal(0u, ExGetExclusiveWaiterCount(_resource));
    }

    [Fact]
    public void Converting_shares_it_as_often_and_lets_those_in_that_wait_to_share_it()
    {
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        using var mayLeave = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            FsRtlEnterFileSystem();
            _ = ExAcquireResourceSharedLite(_resource, true);
            mayLeave.Wait(TestContext.Current.CancellationToken);
            ExReleaseResourceLite(_resource);
            FsRtlExitFileSystem();
        });
        reader.Start();
        Patience.Await(() => ExGetSharedWaiterCount(_resource) == 1);
        ExConvertExclusiveToSharedLite(_resource);
        Patience.Await(() => ExGetSharedWaiterCount(_resource) == 0);
        Assert.Equal((false, 2u), ((bool)ExIsResourceAcquiredExclusiveLite(_resource),
            ExIsResourceAcquiredSharedLite(_resource)));
        mayLeave.Set();
        reader.Join();
        Release(times: 2);
    }

    [Fact]
    public void When_it_is_let_go_those_who_wait_to_share_it_go_before_the_next_who_wants_it_alone()
    {
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        var order = new List<string>();
        var writer = Waiter(order, "alone", () => ExAcquireResourceExclusiveLite(_resource, true));
        Patience.Await(() => ExGetExclusiveWaiterCount(_resource) == 1);
        var reader = Waiter(order, "shared", () => ExAcquireResourceSharedLite(_resource, true));
        Patience.Await(() => ExGetSharedWaiterCount(_resource) == 1);
        Release(times: 1);
        writer.Join();
        reader.Join();
        Assert.Equal(["shared", "alone"], order);
    }

    [Fact]
    public void One_that_a_thread_has_is_not_deleted_nor_made_anew()
    {
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.Equal(STATUS_RESOURCE_IN_USE, ExDeleteResourceLite(_resource));
        Assert.Equal(STATUS_RESOURCE_IN_USE, ExInitializeResourceLite(_resource));
        Release(times: 1);
        Assert.Equal(STATUS_SUCCESS, ExDeleteResourceLite(_resource));
        Assert.Equal(STATUS_INVALID_PARAMETER, ExDeleteResourceLite(_resource));
        Assert.False((bool)ExAcquireResourceSharedLite(_resource, true));
        Assert.Equal(STATUS_SUCCESS, ExInitializeResourceLite(_resource));
    }

    [Fact]
    public void What_belongs_to_another_thread_or_to_nobody_is_not_released_and_in_checked_mode_told()
    {
        ExReleaseResourceLite(_resource);
        ExConvertExclusiveToSharedLite(_resource);
        Assert.Equal(0u, ExIsResourceAcquiredSharedLite(_resource));
        NtRules.Checked(() =>
        {
            Assert.Equal(STATUS_RESOURCE_NOT_OWNED,
                Assert.Throws<NtPreconditionException>(() => ExReleaseResourceLite(_resource)).Status);
            Assert.Equal(STATUS_RESOURCE_NOT_OWNED,
                Assert.Throws<NtPreconditionException>(() => ExConvertExclusiveToSharedLite(_resource)).Status);
        });
    }

    [Fact]
    public void In_checked_mode_locks_are_taken_inside_a_file_system_at_their_level_and_in_memory_that_is_theirs()
    {
        NtRules.Checked(() =>
        {
            FsRtlExitFileSystem();
            Assert.Throws<NtPreconditionException>(() => _ = ExAcquireResourceSharedLite(_resource, true));
            Assert.Throws<NtPreconditionException>(FsRtlExitFileSystem);
            FsRtlEnterFileSystem();
            using (Irql.Raise(Irql.DispatchLevel))
            {
                Assert.Equal(STATUS_CANT_WAIT, Assert.Throws<NtPreconditionException>(
                    () => _ = ExAcquireResourceSharedLite(_resource, true)).Status);
            }

            Assert.True((bool)ExAcquireResourceSharedLite(_resource, true));
            ulong former = _resource->Opaque[0];
            _resource->Opaque[0] = 0;
            Assert.Throws<NtPreconditionException>(() => ExReleaseResourceLite(_resource));
            _resource->Opaque[0] = former;
            ExReleaseResourceLite(_resource);
        });
    }

    private Thread Waiter(List<string> order, string name, Func<BOOLEAN> acquire)
    {
        var thread = new Thread(() =>
        {
            FsRtlEnterFileSystem();
            _ = acquire();
            lock (order) order.Add(name);
            ExReleaseResourceLite(_resource);
            FsRtlExitFileSystem();
        });
        thread.Start();
        return thread;
    }

    [Fact]
    public void One_whose_thread_has_ended_is_taken_by_the_next_who_is_told_once()
    {
        Assert.True(Elsewhere(() => Try(ResourceAccess.Exclusive, releases: false)));
        for (int i = 0; i < 20; i++) Assert.False(Elsewhere(() => (bool)ExIsResourceAcquiredExclusiveLite(_resource)));
        LastError.Clear();
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.Equal(STATUS_ABANDONED, LastError.Status);
        Assert.True(NT_SUCCESS(LastError.Status));
        Release(times: 1);
        LastError.Clear();
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        Assert.Equal(STATUS_SUCCESS, LastError.Status);
        Release(times: 1);

        // Sharers that have ended keep nobody out who wants it alone.
        Assert.True(Elsewhere(() => Try(ResourceAccess.Shared, releases: false)));
        Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, true));
        Assert.Equal(STATUS_ABANDONED, LastError.Status);
        Release(times: 1);
    }

    [Fact]
    public void One_whose_thread_has_ended_is_reported_in_checked_mode_and_free()
    {
        Assert.True(Elsewhere(() => Try(ResourceAccess.Exclusive, releases: false)));
        NtRules.Checked(() =>
        {
            var error = Assert.Throws<NtPreconditionException>(() => ExAcquireResourceExclusiveLite(_resource, true));
            Assert.Equal(STATUS_ABANDONED, error.Status);
            Assert.False((bool)ExIsResourceAcquiredExclusiveLite(_resource));
            Assert.True((bool)ExAcquireResourceExclusiveLite(_resource, false));
        });
        Release(times: 1);
    }

    [Fact]
    public void Who_waits_for_one_whose_thread_ends_gets_it()
    {
        using var isHeld = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            _ = Try(ResourceAccess.Exclusive, releases: false);
            isHeld.Set();
            Patience.Await(() => ExGetSharedWaiterCount(_resource) == 1);
        });
        holder.Start();
        isHeld.Wait(TestContext.Current.CancellationToken);
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, true));
        Release(times: 1);
        holder.Join();
    }

    [Fact]
    public void Another_thread_may_release_it_by_the_number_of_the_one_that_has_it()
    {
        nuint me = ExGetCurrentResourceThread();
        Assert.Equal((me, 0u), (ExGetCurrentResourceThread(), (uint)(me & 3)));
        Assert.NotEqual(me, Elsewhere(ExGetCurrentResourceThread));
        Assert.True((bool)ExTryToAcquireResourceExclusiveLite(_resource));
        Assert.False(Elsewhere(() =>
        {
            FsRtlEnterFileSystem();
            bool has = ExTryToAcquireResourceExclusiveLite(_resource);
            FsRtlExitFileSystem();
            return has;
        }));
        Assert.True(Elsewhere(() =>
        {
            ExReleaseResourceForThreadLite(_resource, me + 4);
            bool isHeld = ExReinitializeResourceLite(_resource) == STATUS_RESOURCE_IN_USE;
            ExReleaseResourceForThreadLite(_resource, me);
            return isHeld;
        }));
        Assert.Equal(0u, ExIsResourceAcquiredSharedLite(_resource));
        Assert.True((bool)ExAcquireResourceSharedLite(_resource, false));
        Assert.True(Elsewhere(() =>
        {
            ExReleaseResourceForThreadLite(_resource, me);
            return true;
        }));
        Assert.Equal(STATUS_SUCCESS, ExReinitializeResourceLite(_resource));
    }

    private bool Try(ResourceAccess access, bool releases)
    {
        FsRtlEnterFileSystem();
        bool has = access switch
        {
            ResourceAccess.Exclusive => ExAcquireResourceExclusiveLite(_resource, false),
            ResourceAccess.SharedStarveExclusive => ExAcquireSharedStarveExclusive(_resource, false),
            ResourceAccess.SharedWaitForExclusive => ExAcquireSharedWaitForExclusive(_resource, false),
            _ => ExAcquireResourceSharedLite(_resource, false),
        };
        if (has && releases) ExReleaseResourceLite(_resource);
        FsRtlExitFileSystem();
        return has;
    }

    private static T Elsewhere<T>(Func<T> question)
    {
        T answer = default!;
        var thread = new Thread(() => answer = question());
        thread.Start();
        thread.Join();
        return answer;
    }

    private void Release(int times)
    {
        for (int i = 0; i < times; i++) ExReleaseResourceLite(_resource);
    }
}
